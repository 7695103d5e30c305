import { createPublicKey, type KeyObject } from 'node:crypto'
import { expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../../../pdp/core/json.ts'
import type { JwsAlgorithm } from '../../../pdp/core/key.ts'
import { readJwk } from '../../../pdp/jose/read-jwk.ts'
import { publicJwkClauses } from '../../../pdp/jose/read-public-jwk.ts'
import { verifyJws } from '../../../pdp/jose/verify-jws.ts'
import { compareVerdicts, type LabelledCase, unnoticedPlants } from '../../support/compare-verdicts.ts'
import { describeVectors, type ReadVectors } from '../../support/vectors.ts'
import { acceptsJws, acceptsJwsOfSet } from './accepts-jws.ts'
import { readWycheproof, wycheproof } from './wycheproof.ts'

type Key = JsonObject | { readonly keys: readonly JsonObject[] }
interface KeyGroup {
  readonly public?: Key
  readonly private?: Key
}
interface JwsTest {
  readonly jws?: JsonValue
}

// with a public part the verifier gets that alone; a secret only where there is no other
const accepts = ({ group, test }: { readonly group: KeyGroup; readonly test: JwsTest }): boolean => {
  const key = group.public ?? group.private ?? {}
  const jws = test.jws ?? null
  return isSet(key) ? acceptsJwsOfSet(jws, key) : acceptsJws(jws, key)
}
const isSet = (key: Key): key is { readonly keys: readonly JsonObject[] } => Array.isArray(key['keys'])

/** The cases judged wrong, and the planted faults that went unnoticed. */
function faultsIn<C extends LabelledCase>(cases: readonly C[], verdict: (one: C) => boolean, more: string) {
  const { accepted, refused, wrong } = compareVerdicts(cases, verdict)
  process.stderr.write(`${accepted + refused} judged: ${accepted} accepted, ${refused} refused; ${more}\n`)
  return [...wrong, ...unnoticedPlants(cases, verdict)]
}

describeVectors('Wycheproof JOSE', wycheproof, (read) => {
  test.for([
    ['json_web_signature_test.json', 401],
    ['json_web_key_test.json', 26],
    ['json_web_crypto_test.json', 83],
  ] as const)('%s', ([file, total]) => {
    const found = readWycheproof<KeyGroup, JwsTest>(read, file)
    const signed = found.cases.filter(({ test }) => test.jws !== undefined)
    expect(found.total).toBe(total)
    const encrypted = found.cases.length - signed.length
    const left = `${found.total - found.cases.length} contradict themselves, ${encrypted} are JWE`
    const more = `${file}: ${left}, ${found.listed} are listed disagreements`
    expect(faultsIn(signed, accepts, more)).toEqual([])
  })
})

interface PrimitiveGroup {
  readonly publicKeyDer: string
  readonly publicKeyJwk?: JsonObject
  readonly keyJwk?: JsonObject
}
interface PrimitiveTest {
  readonly msg: string
  readonly sig: string
}

/**
 * Takes the signature through the table that tokens go through, as if `msg` were the signing input. The key is imported
 * from DER, not by our reader, which has rules of its own: two groups have e = 3 for the sake of odd signatures.
 */
function acceptsPrimitive(alg: JwsAlgorithm) {
  return ({ group, test }: { readonly group: PrimitiveGroup; readonly test: PrimitiveTest }): boolean => {
    const key = { id: group.publicKeyDer, algorithms: [alg], key: keyOf(group) }
    const signingInput = Buffer.from(test.msg, 'hex').toString('latin1')
    const header = { alg, members: { alg } }
    return verifyJws({ header, signingInput, signature: Buffer.from(test.sig, 'hex') }, key).ok
  }
}

const keyOf = ({ publicKeyDer }: PrimitiveGroup): KeyObject =>
  createPublicKey({ key: Buffer.from(publicKeyDer, 'hex'), format: 'der', type: 'spki' })

/** Our reader on the JWK of the same key: it answers this very key, or refuses it for its exponent. */
function readsSameKey(group: PrimitiveGroup, alg: JwsAlgorithm): boolean {
  const jwk = group.publicKeyJwk ?? group.keyJwk
  if (!jwk) return true
  const read = readJwk(jwk, 'KEY_UNKNOWN')
  const key = keyOf(group)
  return read.ok
    ? read.value.key.equals(key) && read.value.algorithms.includes(alg)
    : read.clause === publicJwkClauses.exponent && key.asymmetricKeyDetails?.publicExponent === 3n
}

const primitives = [
  ['ecdsa_secp256r1_sha256_p1363', 'ES256', 262],
  ['ecdsa_secp384r1_sha384_p1363', 'ES384', 280],
  ['ecdsa_secp521r1_sha512_p1363', 'ES512', 318],
  ['ed25519', 'Ed25519', 151],
  ['rsa_pss_2048_sha256_mgf1_32', 'PS256', 108],
  ['rsa_signature_2048_sha256', 'RS256', 259],
] as const satisfies readonly (readonly [string, JwsAlgorithm, number])[]

describeVectors('Wycheproof primitives', wycheproof, (read: ReadVectors) => {
  test.for(primitives)('%s as %s', ([name, alg, total]) => {
    const file = `primitives/${name}_test.json`
    const { cases, total: found, listed } = readWycheproof<PrimitiveGroup, PrimitiveTest>(read, file)
    expect(found).toBe(total)
    expect(cases.filter(({ group }) => !readsSameKey(group, alg)).map(({ id }) => id)).toEqual([])
    const more = `${file}: ${found - cases.length} left out, ${listed} are listed disagreements`
    expect(faultsIn(cases, acceptsPrimitive(alg), more)).toEqual([])
  })
})
