import { describe, expect, test } from 'vitest'
import type { SigV4 } from '../../../pdp/core/signed-request.ts'
import { deriveSigV4aKey, isMacOf, isSignedBy, stringToSign } from '../../../pdp/identity/sigv4/check-signed.ts'
import { readHeaderForm, readQueryForm, readSignedAt } from '../../../pdp/identity/sigv4/read-signature.ts'
import { canonicalOf, checkCoverage } from '../../../pdp/identity/sigv4/signed-message.ts'
import {
  messageOf,
  payloadHashOf,
  readSigV4Cases,
  type SigV4Case,
  sigv4Source,
  type Version,
  type WireRequest,
} from '../../support/sigv4-vectors.ts'
import { describeVectors } from '../../support/vectors.ts'

// AWS's own suite, judged as the verifier does: what is signed is rebuilt from what arrived, byte for byte, and the
// signature is over that.

/** A session token that was added behind the signature is a header that nobody signed. */
const refusedOnPurpose: Readonly<Record<string, string>> = {
  'post-sts-header-after header': 'sigv4-required-headers-signed',
  'post-sts-header-after query': 'SIGNATURE',
}

/** In the query form its stages are those of the query that was signed. */
const withoutLateToken = ({ name, request }: SigV4Case): WireRequest =>
  name === 'post-sts-header-after'
    ? { ...request, target: request.target.replace(/&X-Amz-Security-Token=[^&]*/, '') }
    : request

function read({ target, headers }: WireRequest): SigV4 | undefined {
  const authorization = headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1]
  const query = target.slice(target.indexOf('?') + 1)
  const signature = authorization === undefined ? readQueryForm(query) : readHeaderForm(authorization)
  return signature.ok ? signature.value : undefined
}

/** The stages, or the clause of the first refusal. */
function stages(request: WireRequest, { paths, context }: SigV4Case) {
  const signature = read(request)
  if (!signature) return 'form'
  const message = messageOf(request)
  const [date = signature.query?.date ?? ''] = signature.query ? [] : message.headerValues('x-amz-date')
  if (!readSignedAt(date, signature).ok) return 'date'
  const { region, service } = signature
  if ((region !== undefined && region !== context.region) || service !== context.service) return 'scope'
  const uncovered = checkCoverage(signature, message)
  const said = message.headerValues('x-amz-content-sha256')[0]
  const payloadHash = payloadHashOf(request)
  if (said !== undefined && said !== payloadHash) return 'payload'
  const canonical = canonicalOf(signature, message, { payloadHash, paths })
  if (!canonical.ok) return 'query'
  return { signature, canonical: canonical.value, text: stringToSign(signature, date, canonical.value), uncovered }
}

function judge(request: WireRequest, given: SigV4Case): string {
  const found = stages(request, given)
  if (typeof found === 'string') return found
  const { signature, text, uncovered } = found
  if (uncovered) return uncovered.clause
  const { access_key_id, secret_access_key } = given.context.credentials
  if (signature.accessKeyId !== access_key_id) return 'key'
  const secret = Buffer.from(secret_access_key)
  const good =
    given.version === 'v4'
      ? isMacOf(signature, text, secret)
      : isSignedBy(signature, text, deriveSigV4aKey(access_key_id, secret))
  return good ? 'ALLOWED' : 'SIGNATURE'
}

/** Other characters that mean something else wherever they stand. */
const other = (c: string): string => (c === 'a' ? 'b' : c === '/' || c === '.' ? 'q' : c === '5' ? '6' : 'a')

/** The request with one byte of a covered part changed, each in turn. */
function* mutants(request: WireRequest, given: SigV4Case): Iterable<readonly [what: string, request: WireRequest]> {
  const changed = (text: string, i: number) => `${text.slice(0, i)}${other(text.charAt(i))}${text.slice(i + 1)}`
  yield ['method', { ...request, method: `${request.method}X` }]
  for (let i = 0; i < request.target.length; i++) {
    if (request.target.charAt(i) === '%' || /^%.$/.test(request.target.slice(i - 1, i + 1))) continue // see below
    yield [`target ${i}`, { ...request, target: changed(request.target, i) }]
  }
  const signed = read(request)?.signedHeaders ?? []
  for (const [n, [name, value]] of request.headers.entries()) {
    const lower = name.toLowerCase()
    if (!signed.includes(lower) && lower !== 'authorization') continue
    for (let i = 0; i < value.length; i++) {
      if (/[ \t]/.test(value.charAt(i)) || (lower === 'authorization' && value.charAt(i) === ',')) continue
      const headers = request.headers.with(n, [name, changed(value, i)])
      yield [`${lower} ${i}`, { ...request, headers }]
    }
  }
  if (given.context.sign_body || request.body === '') yield ['body', { ...request, body: `${request.body}x` }]
}

describeVectors('signing test suite of AWS', sigv4Source, (readJson, files) => {
  describe.each(['v4', 'v4a'] as const)('%s', (version) => {
    describe.each(['header', 'query'] as const)('%s form', (form) => {
      const cases = readSigV4Cases(readJson, files, version, form)
      test('all are there', () => expect(cases.length).toBe(38))
      test.each(cases)('$name', (given) => {
        const found = stages(withoutLateToken(given), given)
        expect(found).toMatchObject({ canonical: given.canonicalRequest, text: given.stringToSign })
        expect(judge(given.request, given)).toBe(refusedOnPurpose[`${given.name} ${form}`] ?? 'ALLOWED')
      })
    })
  })

  test('the key that a secret stands for is the one that the suite has', () => {
    const [given] = readSigV4Cases(readJson, files, 'v4a', 'header')
    const { access_key_id, secret_access_key } = given?.context.credentials ?? {}
    const { x, y } = deriveSigV4aKey(access_key_id ?? '', Buffer.from(secret_access_key ?? '')).export({
      format: 'jwk',
    })
    const hex = (coordinate = '') => Buffer.from(coordinate, 'base64url').toString('hex')
    expect({ X: hex(x), Y: hex(y) }).toEqual(given?.publicKey)
  })

  /** What is allowed of all that differs in one byte; of every so many, for SigV4a takes fifty times as long. */
  function allowedMutants(version: Version, every: number, judged = judge, only = /./): readonly string[] {
    let count = 0
    const allowed: string[] = []
    for (const form of ['header', 'query'] as const) {
      for (const given of readSigV4Cases(readJson, files, version, form)) {
        // a path with dot segments can be read in two ways, and is refused wherever one can be
        if (refusedOnPurpose[`${given.name} ${form}`] || given.request.target.includes('/..')) continue
        for (const [what, mutant] of mutants(given.request, given)) {
          if (count++ % every !== 0 || !only.test(what)) continue
          if (judged(mutant, given) === 'ALLOWED') allowed.push(`${given.name} ${form} ${what}`)
        }
      }
    }
    expect(count).toBeGreaterThan(5_000)
    return allowed
  }

  test.each([
    ['v4', 1],
    ['v4a', 23],
  ] as const)('%s: a byte changed anywhere in what is signed is refused', (version, every) => {
    expect(allowedMutants(version, every)).toEqual([])
  })

  test('a verifier that forgot a part would be found out', () => {
    const forgetsMethod = (request: WireRequest, given: SigV4Case) =>
      judge({ ...request, method: given.request.method }, given)
    const forgetsBody = (request: WireRequest, given: SigV4Case) =>
      judge({ ...request, body: given.request.body }, given)
    const allowed = [forgetsMethod, forgetsBody].map(
      (broken) => allowedMutants('v4', 1, broken, /^(?:method|body)$/).length,
    )
    expect(Math.min(...allowed)).toBeGreaterThan(30)
  })
})
