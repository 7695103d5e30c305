import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Provider } from 'oidc-provider'
import { seconds } from '../../../pdp/core/time.ts'
import { digestOfSecret } from '../../../pdp/identity/registry/pepper.ts'
import { createClientSecretVerifier } from '../../../pdp/identity/verifiers/client-secret.ts'
import {
  basic,
  peppers,
  registeredTimes,
  registryIssuer,
  registryOf,
  secretForm,
  writtenClient,
} from '../../support/clients.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { createTestKey } from '../../support/keys.ts'
import { listenSteadily } from '../../support/steady-port.ts'
import { type AskParts, createAsk } from '../../support/world.ts'

// The very header, and the very body, by which a client authenticates to oidc-provider, to both: what one takes, so does the
// other, and what one refuses, so does the other.

const secret = `a b&c=d%e:f+~!*'()/?@"` // all that a secret may hold, and forms must encode
const clients = { 'by-basic': 'client_secret_basic', 'by-post': 'client_secret_post' } as const
type ClientId = keyof typeof clients

const server = createServer()
let issuer = ''

beforeAll(async () => {
  const signing = createTestKey('as-1', { alg: 'ES256', use: 'sig' })
  issuer = `http://127.0.0.1:${await listenSteadily(server)}`
  const handle = new Provider(issuer, {
    clients: Object.entries(clients).map(([id, method]) => ({
      client_id: id,
      client_secret: secret,
      token_endpoint_auth_method: method,
      redirect_uris: [],
      response_types: [],
      grant_types: ['client_credentials'],
      id_token_signed_response_alg: 'ES256',
    })),
    jwks: { keys: [{ ...signing.privateKey.export({ format: 'jwk' }), kid: 'as-1', alg: 'ES256', use: 'sig' }] },
    features: { devInteractions: { enabled: false }, clientCredentials: { enabled: true } },
  }).callback()
  server.on('request', handle)
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const keyOf = (client: string) => {
  const of = { method: 'client-secret', id: `${client}.1` } as const
  const digest = digestOfSecret(peppers[0], of, secret).toString('hex')
  return { ...of, ...registeredTimes, digest: `hmac-sha256:${digest}` }
}
const registry = registryOf(Object.fromEntries(Object.keys(clients).map((id) => [id, writtenClient([keyOf(id)])])))
const verifier = createClientSecretVerifier({ issuer: registryIssuer, registry, peppers, knownFor: seconds(30) })
const gate = createFirstGate({ verifiers: [verifier], links: [] })

interface Presented {
  readonly authorization?: string
  readonly body: string
}

async function both({ authorization, body }: Presented): Promise<readonly [theirs: boolean, ours: boolean]> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', ...(authorization && { authorization }) }
  const reply = await fetch(`${issuer}/token`, { method: 'POST', headers, body })
  await reply.arrayBuffer()
  const parts: AskParts =
    authorization === undefined
      ? { credentials: [{ type: 'client-secret', token: body }] }
      : { headers: { authorization } }
  return [reply.status === 200, (await gate(createAsk(parts))).ok]
}

const grant = 'grant_type=client_credentials'
const byBasic = (id: ClientId, text = secret): Presented => ({ authorization: `Basic ${basic(id, text)}`, body: grant })
const byPost = (id: ClientId, text = secret): Presented => ({ body: secretForm(id, text) })

describe('what authenticates at oidc-provider is verified here:', () => {
  test.each([
    ['client_secret_basic', byBasic('by-basic')],
    ['client_secret_post', byPost('by-post')],
  ])('%s', async (_, presented) => expect(await both(presented)).toEqual([true, true]))
})

describe('what it refuses is refused here:', () => {
  test.each([
    ['a wrong secret by Basic', byBasic('by-basic', `${secret}x`)],
    ['a wrong secret by post', byPost('by-post', `${secret}x`)],
    ['a secret that is not encoded', { authorization: `Basic ${btoa(`by-basic:${secret}`)}`, body: grant }],
    ['a secret twice', { body: `${secretForm('by-post', secret)}&client_secret=x` }],
    ['an empty secret', byPost('by-post', '')],
  ])('%s', async (_, presented) => expect(await both(presented)).toEqual([false, false]))
})
