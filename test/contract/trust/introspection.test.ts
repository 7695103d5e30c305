import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { seconds } from '../../../pdp/core/time.ts'
import { createFetch } from '../../../pdp/net/fetch.ts'
import { createBasicAuthentication, createKeyAuthentication } from '../../../pdp/net/client-authentication.ts'
import { createAskEndpoint } from '../../../pdp/trust/introspection-endpoint.ts'
import { noon } from '../../support/clock.ts'
import {
  type Answer,
  type IssuerServer,
  json,
  raw,
  redirect,
  reset,
  silent,
  sized,
  slowBody,
  startIssuer,
  status,
} from '../../support/issuer-server.ts'

const path = '/introspect'
const token = 'a-token-of-somebody'
let server: IssuerServer
let seen: { readonly url: string; readonly headers: Readonly<Record<string, unknown>>; readonly body: string }[] = []

beforeAll(async () => {
  server = await startIssuer()
})
afterAll(() => server.down())
beforeEach(() => {
  seen = []
})

/** Answers as `answer` does, and keeps what was asked. */
const watched =
  (answer: Answer): Answer =>
  (request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece))
    request.on('end', () => {
      seen.push({ url: `${request.method} ${request.url}`, headers: request.headers, body })
      answer(request, response)
    })
  }

const ask = (
  answer: Answer,
  more: { readonly privateOrigins?: readonly string[]; readonly endpoint?: string } = {},
) => {
  server.answer(path, watched(answer))
  return createAskEndpoint({
    endpoint: more.endpoint ?? `${server.origin}${path}`,
    authentication: createBasicAuthentication('sally port', 'a:b+c&d%'),
    fetch: createFetch({
      privateOrigins: more.privateOrigins ?? [server.origin],
      timeout: seconds(0.3),
      maximumBytes: 65_536,
    }),
  })(token)
}

test('the token stands in the body of a POST alone, and we say who asks (RFC 7662 §2.1, RFC 6749 §2.3.1)', async () => {
  expect(await ask(json({ active: true, sub: 'checkout' }))).toMatchObject({
    ok: true,
    value: { response: { active: true, sub: 'checkout' } },
  })
  const [request] = seen
  expect(request?.url).toBe(`POST ${path}`)
  expect(request?.body).toBe(`token=${token}&token_type_hint=access_token`)
  expect(request?.headers).toMatchObject({
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    authorization: `Basic ${Buffer.from('sally+port:a%3Ab%2Bc%26d%25').toString('base64')}`,
  })
  expect(JSON.stringify(request?.headers)).not.toContain(token)
})

describe('what is no answer is TRUST_UNAVAILABLE, and says nothing of the token', () => {
  const rows: readonly (readonly [string, Answer, string])[] = [
    ['a redirect', redirect('https://evil.example/'), 'rfc7662-2.1-answered'],
    ['our credentials refused', status(401), 'rfc7662-2.1-answered'],
    ['an error of the server', status(500), 'rfc7662-2.1-answered'],
    ['another success', status(201), 'rfc7662-2.1-answered'],
    ['no JSON by its type', json({ active: true }, 'text/html'), 'rfc7662-2.1-answered'],
    ['a signed answer', json({ active: true }, 'application/token-introspection+jwt'), 'rfc7662-2.1-answered'],
    ['too large', sized(100_000), 'rfc7662-2.1-answered'],
    ['without end', slowBody(20), 'rfc7662-2.1-answered'],
    ['silence', silent, 'rfc7662-2.1-answered'],
    ['a cut connection', reset, 'rfc7662-2.1-answered'],
    ['what is not HTTP', raw('nonsense\r\n\r\n'), 'rfc7662-2.1-answered'],
    ['a list', json([true]), 'rfc7662-2.2-object'],
    ['a bare true', json(true), 'rfc7662-2.2-object'],
    ['a member twice', text('{"active":false,"active":true}'), 'json-duplicate-key'],
    ['exp beyond what a number holds', text('{"active":true,"exp":1e400}'), 'json-number'],
    ['no JSON', text('active: true'), 'json-syntax'],
    ['__proto__', text('{"__proto__":{"active":true}}'), 'json-proto-key'],
    ['bytes that are no text', text(Buffer.from([0x7b, 0xff, 0x7d])), 'rfc7662-2.2-utf8'],
  ]
  test.each(rows)('%s', async (_name, answer, clause) => {
    expect(await ask(json({ active: true })), 'the twin').toMatchObject({ ok: true })
    const refused = await ask(answer)
    expect(refused).toMatchObject({ ok: false, code: 'TRUST_UNAVAILABLE', clause })
    expect(JSON.stringify(refused)).not.toContain(token)
  })
  test('an address on this machine that was not listed, and a host that is not there', async () => {
    expect(await ask(json({ active: true }))).toMatchObject({ ok: true })
    expect(await ask(json({ active: true }), { privateOrigins: [] })).toMatchObject({ code: 'TRUST_UNAVAILABLE' })
    expect(await ask(json({ active: true }), { endpoint: 'https://absent.invalid/' })).toMatchObject({
      code: 'TRUST_UNAVAILABLE',
    })
    expect(seen).toHaveLength(1)
  })
})

function text(body: string | Buffer): Answer {
  return (_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(body)
  }
}

describe('private_key_jwt (RFC 7523 §2.2)', () => {
  const options = { clientId: 'sallyport', audience: 'https://as.example', clock: () => noon, random: () => 0.25 }
  const pem = (key: { export(options: { type: 'pkcs8'; format: 'pem' }): string | Buffer }) =>
    key.export({ type: 'pkcs8', format: 'pem' }).toString()
  test.each([
    ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['EdDSA', generateKeyPairSync('ed25519')],
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ])(
    '%s: an assertion for the issuer alone, of a minute, with an id of its own',
    (algorithm, { privateKey, publicKey }) => {
      const authentication = createKeyAuthentication({ ...options, key: pem(privateKey), keyId: 'k1' })
      const assertions = [authentication(), authentication()].map(
        ({ parameters }) => parameters?.['client_assertion'] ?? '',
      )
      const parsed = assertions.map((assertion) => {
        const [header = '', payload = '', signature = ''] = assertion.split('.')
        const key = {
          key: createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
          dsaEncoding: 'ieee-p1363',
        } as const
        const digest = algorithm === 'EdDSA' ? null : 'sha256'
        expect(verify(digest, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))).toBe(true)
        return [header, payload].map(
          (part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>,
        )
      })
      const [[header, claims] = [], [, again] = []] = parsed
      expect(header).toEqual({ alg: algorithm, typ: 'client-authentication+jwt', kid: 'k1' })
      expect(claims).toMatchObject({
        iss: 'sallyport',
        sub: 'sallyport',
        aud: 'https://as.example',
        exp: noon / 1000 + 60,
      })
      expect(again?.['jti']).not.toBe(claims?.['jti'])
    },
  )
  test.each([
    ['what is no key', 'secret', 'is not a private key in PEM'],
    [
      'a curve nobody asked for',
      pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey),
      'must be a P-256',
    ],
    ['a short RSA key', pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey), 'must be a P-256'],
  ])('%s is refused when it is read', (_name, key, says) => {
    expect(() => createKeyAuthentication({ ...options, key })).toThrow(says)
  })
})
