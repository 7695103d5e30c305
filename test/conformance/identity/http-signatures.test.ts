import { createHash, createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../../pdp/core/json.ts'
import { readRequestFacts } from '../../../pdp/core/request-facts.ts'
import { readDictionary } from '../../../pdp/core/read-structured-field.ts'
import { ok, type Result } from '../../../pdp/core/result.ts'
import type { Service, SignatureRules } from '../../../pdp/core/service.ts'
import type { InnerList, Item } from '../../../pdp/core/structured-field.ts'
import { createHttpSignatureProof } from '../../../pdp/identity/proofs/http-signature.ts'
import { componentName, requestComponent, signatureBase } from '../../../pdp/identity/proofs/signature-base.ts'
import { readJwk } from '../../../pdp/jose/read-jwk.ts'
import type { Expected, Verified } from '../../../pdp/seams.ts'
import { instant, seconds } from '../../../pdp/core/time.ts'
import { frameAt } from '../../support/clock.ts'
import { describeVectors } from '../../support/vectors.ts'
import { createService } from '../../support/world.ts'

interface Message {
  readonly method?: string
  readonly target?: string
  readonly status?: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

interface Rfc9421 {
  readonly created: number
  readonly keys: Readonly<Record<string, { alg: string; jwk?: JsonObject; secretBase64?: string }>>
  readonly messages: Readonly<Record<'request' | 'response', Message>>
  readonly cases: readonly {
    readonly section: string
    readonly message: 'request' | 'response'
    readonly label: string
    readonly keyid: string
    readonly signatureInput: string
    readonly signature: string
    readonly signatureBase: string
  }[]
}

const headersOf = (message: Message) => (name: string) =>
  message.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)

const requestOf = (origin: string, { method = '', target = '' }: Message) => {
  const read = readRequestFacts(method, `${origin}${target}`)
  if (!read.ok) throw new Error(read.detail)
  return read.value
}

/** Components of either kind of message: a response has a status of its own, which no request has. */
const valueIn =
  (messages: Rfc9421['messages'], kind: 'request' | 'response') =>
  (item: Item): Result<string> =>
    componentName(item) === '@status'
      ? ok(String(messages.response.status))
      : requestComponent(item, {
          request: requestOf('https://example.com', messages.request),
          origin: 'https://example.com',
          headerValues: headersOf(messages[kind]),
        })

const digestOf = (algorithm: 'sha256' | 'sha512', body: string) =>
  `${algorithm.replace('sha', 'sha-')}=:${createHash(algorithm).update(body).digest('base64')}:`

const verified = (key: Verified['confirmation']): Verified => ({
  method: 'access-token',
  subject: { issuer: 'i', id: 'i#a' },
  claims: {},
  facts: [],
  issuedAt: instant(0),
  expiresAt: instant(1e13),
  audienceBound: true,
  attested: false,
  delegation: [],
  once: [],
  revocable: [],
  ...(key && { confirmation: key }),
})

describeVectors(
  'RFC 9421 examples of message signatures',
  { folder: 'rfc-examples', originals: 'RFC 9421, appendix B.2' },
  (read) => {
    const { cases, messages, keys, created } = read<Rfc9421>('rfc9421-b2.json')

    test('there are six', () => expect(cases).toHaveLength(6))

    test.for(cases)(
      '$section: the signature base, byte for byte',
      ({ message, label, signatureInput, signatureBase: base }) => {
        const input = readDictionary(signatureInput)?.get(label) as InnerList
        expect(signatureBase(input, valueIn(messages, message))).toEqual(ok(base))
      },
    )

    // none of the examples has a tag that says which one counts, but for one: the tag is added to the rules, not to them
    const rulesFor = (tag: string, components: readonly string[]): SignatureRules => ({
      tag,
      components,
      nonce: 'optional',
      contentDigest: 'compare',
    })
    const serviceOf = (rules: SignatureRules): Service =>
      createService('example', { origins: ['https://example.com'], httpSignature: rules })
    const request = {
      ...requestOf('https://example.com', messages.request),
      bodyDigest: digestOf('sha512', messages.request.body),
    }

    test('B.2.2 is accepted where the rules ask for what it covers, an hour later not, and never with the usual rules', async () => {
      const one = cases.find(({ section }) => section === 'B.2.2')
      const presented = { text: one?.signature ?? '', input: one?.signatureInput ?? '' }
      const jwk = { ...keys[one?.keyid ?? '']?.jwk, alg: 'PS512' }
      const expected = (components: readonly string[]): Expected => ({
        service: serviceOf(rulesFor('header-example', components)),
        request,
        headerValues: headersOf(messages.request),
      })
      const own = expected(['@authority'])
      const good = await check(presented, jwk, own, created, 'test-key-rsa-pss')
      expect(good).toMatchObject({ ok: true, value: { method: 'http-signature', possession: 'request' } })
      expect(await check(presented, jwk, own, created + 3_600, 'test-key-rsa-pss')).toMatchObject({
        ok: false,
        clause: 'rfc9421-3.2-created',
      })
      expect(
        await check(presented, jwk, expected(['@method', '@target-uri']), created, 'test-key-rsa-pss'),
      ).toMatchObject({
        ok: false,
        clause: 'rfc9421-3.2-required-components',
      })
    })

    test.for(cases.filter(({ section }) => section !== 'B.2.2'))('$section has no tag and is refused', async (one) => {
      const expected: Expected = {
        service: serviceOf(rulesFor('header-example', [])),
        request,
        headerValues: headersOf(messages[one.message]),
      }
      const jwk = keys[one.keyid]?.jwk ?? { kty: 'OKP', crv: 'Ed25519', x: keys['test-key-ed25519']?.jwk?.['x'] ?? '' }
      expect(
        await check({ text: one.signature, input: one.signatureInput }, jwk, expected, created, one.keyid),
      ).toMatchObject({
        ok: false,
        clause: 'rfc9421-3.2-tag',
      })
    })

    test('B.2.5 is a MAC, good over our base', () => {
      const one = cases.find(({ section }) => section === 'B.2.5')
      const mac = createHmac('sha256', Buffer.from(keys['test-shared-secret']?.secretBase64 ?? '', 'base64'))
      expect(`${one?.label}=:${mac.update(one?.signatureBase ?? '').digest('base64')}:`).toBe(one?.signature)
    })

    test('the digests of both messages are those of their bodies (RFC 9530)', () => {
      for (const message of [messages.request, messages.response]) {
        expect(headersOf(message)('content-digest')).toEqual([digestOf('sha512', message.body)])
      }
    })
  },
)

/** Checks a signature for a token that holds that key. */
function check(
  presented: { text: string; input: string },
  jwk: JsonObject,
  expected: Expected,
  at: number,
  kid: string,
) {
  const key = readJwk({ ...jwk, kid }, 'KEY_UNKNOWN')
  if (!key.ok) throw new Error(key.detail)
  const proof = createHttpSignatureProof({ maxAge: seconds(60), skew: seconds(5) })
  return proof.check(
    { kind: 'http-signature', ...presented },
    verified({ key: key.value }),
    expected,
    frameAt(instant(at * 1000)),
  )
}
