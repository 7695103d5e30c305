import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { gzipClauses } from '../../../pdp/policy/gunzip.ts'
import { signBundle } from '../../../pdp/policy/sign-bundle.ts'
import { readSigningKey } from '../../../pdp/policy/signature/read-signing-key.ts'
import { httpSourceClauses } from '../../../pdp/policy/sources/http-source.ts'
import { type BundleServer, startBundleServer } from '../../support/bundle-server.ts'
import { exampleBundle } from '../../support/bundles.ts'
import { createTestKey, keyPem } from '../../support/keys.ts'
import { ask, createSite, run, send, serve, type Site, stop } from './harness.ts'

let site: Site
let server: BundleServer
beforeEach(async () => {
  ;[site, server] = await Promise.all([createSite(), startBundleServer()])
})
afterEach(async () => {
  await server.down()
  await site.remove()
})

test('killed and started again without its bundle server it answers as before; altered, what was kept is refused', async () => {
  const key = createTestKey('signer')
  const signing = readSigningKey(key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  if (!signing.ok) throw new Error(signing.detail)
  const signed = await signBundle(await exampleBundle('orders'), signing.value, { statement: { sequence: 7 } })
  if (!signed.ok) throw new Error(signed.detail)
  server.publish(signed.value)
  await site.file('signer.pub', keyPem(key))
  await site.configure({ bundles: { orders: { http: { url: server.url }, signer: 'file:signer.pub' } } })

  const before = await serve(site)
  const answer = ({ status, body }: Awaited<ReturnType<typeof ask>>) => {
    const { decision, policy } = JSON.parse(body) as { decision: unknown; policy: unknown } // as the door replies
    return { status, decision, policy }
  }
  const answered = answer(await ask(before.decisions, site.key))
  expect(answered).toMatchObject({ status: 200 })
  before.child.kill('SIGKILL')
  expect(await before.ended()).toBe('SIGKILL')
  await server.down()

  const after = await serve(site)
  try {
    expect(answer(await ask(after.decisions, site.key))).toEqual(answered)
    const ready = await send(after.health, '/readyz?verbose')
    expect(ready).toMatchObject({ status: 200, body: expect.stringContaining(httpSourceClauses.fetched) })
  } finally {
    await stop(after)
  }

  const kept = join(site.folder, 'state', 'bundles', 'orders.tar')
  const bytes = await readFile(kept)
  bytes.writeUInt8(bytes.readUInt8(5_000) ^ 1, 5_000)
  await writeFile(kept, bytes)
  const refused = run(['start'], site.folder)
  expect(await refused.ended()).not.toBe(0)
  expect(refused.said()).toContain(gzipClauses.format)
  expect(refused.said()).toContain(httpSourceClauses.fetched)
}, 60_000)
