import { expect, test } from 'vitest'
import { isObject, type JsonObject, type JsonValue } from '../../../pdp/core/json.ts'
import { readHmacKey, verifyHmac } from '../../../pdp/jose/hmac.ts'
import { readJwk } from '../../../pdp/jose/read-jwk.ts'
import { readJws } from '../../../pdp/jose/read-jws.ts'
import { jwsHeaderClauses } from '../../../pdp/jose/read-jws-header.ts'
import { compareVerdicts, unnoticedPlants } from '../../support/compare-verdicts.ts'
import { describeVectors, type VectorSource } from '../../support/vectors.ts'
import { acceptsJws } from './accepts-jws.ts'

const examples: VectorSource = {
  folder: 'rfc-examples',
  originals: 'appendices of RFC 7515, 7520, 7638, 7797, 8037; ietf-jose/cookbook on GitHub',
}

interface Example {
  readonly id: string
  readonly accept: boolean
  readonly jws: JsonValue
  readonly jwk: JsonObject
}

interface ExampleFile {
  readonly jwk?: JsonObject
  readonly cases: readonly {
    readonly id: string
    readonly jwk?: JsonObject | null
    readonly jws: JsonValue
    readonly expect: 'accept' | 'reject'
  }[]
}

interface CookbookFile {
  readonly title: string
  readonly input: { readonly key: JsonObject | readonly JsonObject[]; readonly alg: string | readonly string[] }
  readonly output: Readonly<Record<'compact' | 'json' | 'json_flat', JsonValue | undefined>>
}

const cookbook = [
  'jws.4_1.rsa_v15_signature',
  'jws.4_2.rsa-pss_signature',
  'jws.4_3.ecdsa_signature',
  'jws.4_4.hmac-sha2_integrity_protection',
  'jws.4_5.signature_with_detached_content',
  'jws.4_6.protecting_specific_header_fields',
  'jws.4_7.protecting_content_only',
  'jws.4_8.multiple_signatures',
  'curve25519.jws',
]

// the RFC prints its secret without alg: an HMAC key has to say what it is for
const withAlgorithm = (jwk: JsonObject): JsonObject => (jwk['kty'] === 'oct' ? { alg: 'HS256', ...jwk } : jwk)

// the cookbook prints private keys; a verifier has the public part
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi']
const publicPart = (jwk: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(jwk).filter(([name]) => !privateMembers.includes(name)))

const judged = (example: Example): boolean => acceptsJws(example.jws, withAlgorithm(example.jwk))

/** The examples judged wrong, and the planted faults that went unnoticed. */
function faultsIn(examples: readonly Example[]): readonly string[] {
  const { accepted, refused, wrong } = compareVerdicts(examples, judged)
  process.stderr.write(`${accepted + refused} RFC examples: ${accepted} accepted, ${refused} refused\n`)
  return [...wrong, ...unnoticedPlants(examples, judged)]
}

describeVectors('RFC examples of signatures', examples, (read) => {
  test.for([
    ['rfc7515-jws.json', 7],
    ['rfc7797-b64.json', 3],
  ] as const)('%s', ([file, total]) => {
    const { jwk: common, cases } = read<ExampleFile>(file)
    const found = cases.map(({ id, jwk, jws, expect }): Example => {
      return { id, accept: expect === 'accept', jws, jwk: jwk ?? common ?? {} }
    })
    expect(found).toHaveLength(total)
    expect(faultsIn(found)).toEqual([])
  })

  test('RFC 7797 4.2: crit b64 is refused though its MAC is good', () => {
    const { jwk, cases } = read<ExampleFile & { readonly payloadUtf8: string }>('rfc7797-b64.json')
    const detached = cases.find(({ id }) => id === '4.2-detached-compact')?.jws
    const text = typeof detached === 'string' ? detached : ''
    const key = readHmacKey(withAlgorithm(jwk ?? {}), 'KEY_UNKNOWN')
    const [header = '', , mac = ''] = text.split('.')
    const { payloadUtf8 } = read<{ readonly payloadUtf8: string }>('rfc7797-b64.json')
    const signed = {
      header: { alg: 'HS256', members: {} },
      signingInput: `${header}.${payloadUtf8}`,
      signature: Buffer.from(mac, 'base64url'),
    }
    expect(key.ok && verifyHmac(signed, key.value)).toBeUndefined()
    expect(readJws(text, 'CREDENTIAL_MALFORMED')).toMatchObject({ ok: false, clause: jwsHeaderClauses.crit })
  })

  test('RFC 7520 and RFC 8037: the compact forms are accepted; detached and JSON forms are refused', () => {
    const found = cookbook.flatMap((name) => {
      const { title, input, output } = read<CookbookFile>(`jose-cookbook/${name}.json`)
      const keys = [input.key].flat().filter(isObject).map(publicPart)
      return Object.entries(output).flatMap(([form, jws]) =>
        keys.map((jwk): Example => {
          const accept = form === 'compact' && name !== 'jws.4_5.signature_with_detached_content'
          return { id: `${title} ${form}`, accept, jws: jws ?? null, jwk }
        }),
      )
    })
    expect(faultsIn(found)).toEqual([])
  })
})

describeVectors('RFC examples of thumbprints', examples, (read) => {
  test('RFC 7638 3.1, RFC 8037 A.3, RFC 9449 6.1', () => {
    const { cases } = read<{ cases: readonly { jwk: JsonObject; thumbprint: string }[] }>('jwk-thumbprints.json')
    expect(cases).toHaveLength(3)
    for (const { jwk, thumbprint } of cases) {
      expect(readJwk(jwk, 'KEY_UNKNOWN')).toMatchObject({ ok: true, value: { id: thumbprint } })
    }
  })
})
