import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Client, credentials } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkPath } from '../../../pdp/doors/ext-authz/check-method.ts'
import { deriveKey } from '../../../pdp/keys/derive.ts'
import { makeSecret } from '../../../pdp/keys/own-secret.ts'
import { presignBySdk, type Signing, signBySdk } from '../../support/aws-signers.ts'
import { checkBytes, readCheckAnswer } from '../../support/check-messages.ts'
import { madeAccessKey, registryIssuer, writtenClient } from '../../support/clients.ts'
import type { AskParts } from '../../support/world.ts'
import { callGrpc, createSite, send, serve, type Serving, type Site, stop, usual } from './harness.ts'

// A request that AWS's SDK signed, as each door takes it along: headers, path and query as they were received.

let site: Site
let serving: Serving
const bytes = Buffer.alloc(32, 'the secret of this installation')
const key = madeAccessKey(
  'checkout',
  {},
  deriveKey(
    makeSecret(() => bytes),
    'registry-seal/v1',
  ),
)

beforeAll(async () => {
  site = await createSite()
  await mkdir(join(site.folder, 'data', 'keys'), { recursive: true })
  await site.file('data/keys/own.secret', `${bytes.toString('base64url')}\n`)
  const written = { ...key.written, created_at: '2026-01-01', expires_at: '2099-01-01' }
  await site.file('clients.yaml', JSON.stringify({ clients: { checkout: writtenClient([written]) } }))
  await site.configure({
    state: './data',
    registry: {
      issuer: registryIssuer,
      from: 'file:clients.yaml',
      methods: { 'aws-sigv4': { region: 'eu-central-1' } },
    },
    listen: { ...usual.listen, ext_authz: '127.0.0.1:0', http_authz: '127.0.0.1:0' },
    http_authz: { convention: 'nginx' },
    limits: { proof_skew_s: 0 },
  })
  serving = await serve(site)
})
afterAll(async () => {
  await stop(serving)
  await site.remove()
})

/** Each time another request: one that was used is not taken again. */
let nth = 0
const signing = (): Signing => ({
  key,
  now: Date.now(),
  url: `https://orders.example.org/v1/orders/42?nth=${nth++}&who=a%20b`,
})
const headersOf = ({ headers = {}, covered = {} }: AskParts): Record<string, string> => ({
  ...(headers as Record<string, string>), // as the signers of tests make them
  ...Object.fromEntries(Object.entries(covered).map(([name, [value = '']]) => [name, value])),
})
const targetOf = ({ url = '' }: AskParts): string => url.slice('https://orders.example.org'.length)

type Door = (signed: AskParts) => Promise<number>

/** The status for the caller: 403 where policy judged who it is, 401 where it is nobody. */
const doors = {
  async authorize(signed) {
    const { body } = await send(serving.decisions, '/authorize/orders', {
      method: 'POST',
      headers: { authorization: `Bearer ${site.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ request: { method: 'GET', url: signed.url, headers: headersOf(signed) } }),
    })
    const { subject, respond } = JSON.parse(body) as { subject?: { id: string }; respond: { status: number } }
    if (respond.status === 403) expect(subject?.id).toBe(`${registryIssuer}#checkout`)
    return respond.status
  },
  async ext_authz(signed) {
    const [, address = ''] = await serving.says(/ext_authz http:\/\/(\S+)/)
    const grpc = new Client(address, credentials.createInsecure())
    const path = targetOf(signed)
    const check = checkBytes({ headers: { ...headersOf(signed), ':path': path }, http: { path } })
    const answer = readCheckAnswer(await callGrpc(grpc, checkPath, check, site.key))
    grpc.close()
    return answer.http ?? 200
  },
  async http_authz(signed) {
    const [, address = ''] = await serving.says(/http_authz (\S+)/)
    const proxied = {
      host: 'orders.example.org',
      'x-sallyport-pep-key': site.key,
      'x-original-method': 'GET',
      'x-original-uri': targetOf(signed),
    }
    return (await send(address, '/', { headers: { ...headersOf(signed), ...proxied } })).status
  },
} satisfies Readonly<Record<string, Door>>

const tampered = (signed: AskParts): AskParts => ({ ...signed, url: (signed.url ?? '').replace('a%20b', 'admin') })

test.each(Object.entries(doors))('%s: signed in headers, or in the query', async (_name, ask) => {
  // what was signed in the second of the start may have been used before it
  await expect.poll(async () => doors.authorize(await signBySdk(signing())), { timeout: 10_000 }).toBe(403)
  for (const sign of [signBySdk, presignBySdk]) {
    const signed = await sign(signing())
    expect(await ask(signed)).toBe(403)
    expect(await ask(signed), 'the same once more').toBe(401)
    expect(await ask(tampered(await sign(signing())))).toBe(401)
  }
})
