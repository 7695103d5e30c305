import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { JwsAlgorithm } from '../../../pdp/core/key.ts'
import { signatureClauses } from '../../../pdp/jose/verify-jws.ts'
import { instant } from '../../../pdp/core/time.ts'
import { loadBundle } from '../../../pdp/policy/load-bundle.ts'
import { packBundle } from '../../../pdp/policy/pack-bundle.ts'
import { packFiles } from '../../../pdp/policy/pack-files.ts'
import { signBundle } from '../../../pdp/policy/sign-bundle.ts'
import { hashFile } from '../../../pdp/policy/signature/hash-file.ts'
import { readSignerKey } from '../../../pdp/policy/signature/read-signer-key.ts'
import { readSigningKey } from '../../../pdp/policy/signature/read-signing-key.ts'
import { unpackBundle } from '../../../pdp/policy/unpack-bundle.ts'
import { refusesOnly } from '../../support/twin.ts'
import { compileTestPolicy } from '../../unit/policy/test-policy.ts'

// OPA's own packages on the other side of every signature: test/peers/opa-bundle.
const peer = fileURLToPath(new URL('../../../build/opa-bundle', import.meta.url))
beforeAll(() => {
  const cwd = fileURLToPath(new URL('../../peers/opa-bundle', import.meta.url))
  const args = ['build', '-trimpath', '-buildvcs=false', '-o', peer, '.']
  execFileSync('go', args, { cwd, env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' } })
}, 300_000)

interface Answer {
  readonly hash: readonly string[]
  readonly build: string
  readonly read: readonly string[]
}

function ask(request: object): Answer {
  const answer: Answer = JSON.parse(
    execFileSync(peer, { input: JSON.stringify(request), encoding: 'utf8', maxBuffer: 64 << 20 }),
  )
  return answer
}

const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64')

interface Pair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}
const makeEc = (namedCurve: string) => (): Pair => generateKeyPairSync('ec', { namedCurve })
const makeRsa = (): Pair => generateKeyPairSync('rsa', { modulusLength: 2048 })
const makers: readonly (readonly [JwsAlgorithm, () => Pair])[] = [
  ['ES256', makeEc('P-256')],
  ['ES384', makeEc('P-384')],
  ['ES512', makeEc('P-521')],
  ['RS256', makeRsa],
  ['RS512', makeRsa],
  ['PS256', makeRsa],
  ['PS384', makeRsa],
]
const pub = ({ publicKey }: Pair) => publicKey.export({ type: 'spki', format: 'pem' }).toString()
const priv = ({ privateKey }: Pair) => privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

function signerOf(pair: Pair) {
  const key = readSignerKey(pub(pair))
  if (!key.ok) throw new Error(key.detail)
  return key.value
}

function signingKeyOf(pair: Pair) {
  const key = readSigningKey(priv(pair))
  if (!key.ok) throw new Error(key.detail)
  return key.value
}

const rego =
  'package t\n\nimport data.t.u\n\ndefault decision := false\n\ndecision if u.answer == input.context.answer\n'
const data = { u: { answer: 42, name: 'é<&>\u2028"\\', list: [1.5, -3, 1e21, null] } }

describe('what `opa build --signing-key` makes', () => {
  test.for(makers)('is verified with %s', async ([algorithm, make]) => {
    const pair = make()
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-opa-'))
    await mkdir(join(folder, 't', 'u'), { recursive: true })
    await writeFile(join(folder, 't', 'policy.rego'), rego)
    await writeFile(join(folder, 't', 'u', 'data.json'), JSON.stringify({ ...data.u, list: [1.5, -3, null] }))
    const build = { folder, entrypoint: 't/decision', revision: 'r1', key: priv(pair), algorithm }
    const archive = Buffer.from(ask({ build }).build, 'base64')
    const load = (from: Pair) => loadBundle(archive, { signer: signerOf(from), entrypoints: ['t/decision'] })
    await refusesOnly(load, pair, make(), { code: 'POLICY_ERROR', clause: signatureClauses.signature })
  })
})

// OPA knows the curve by the older name of RFC 8037
const nameOf = (algorithm: JwsAlgorithm) => (algorithm === 'Ed25519' ? 'EdDSA' : algorithm)

describe('what is signed here', () => {
  test('OPA reads, and refuses altered', async () => {
    const { wasm } = await compileTestPolicy({
      rego: 'package t\n\ndecision := data.t.u.answer == input.context.answer\n',
    })
    const manifest = { revision: 'r1', roots: ['t'], wasm: [{ entrypoint: 't/decision', module: '/policy.wasm' }] }
    const bundle = packBundle({ wasm, manifest, data: { t: data }, modules: { 't/policy.rego': rego }, corpus: [] })
    const read = await Promise.all(
      [...makers, ['Ed25519', () => generateKeyPairSync('ed25519')] as const].map(async ([algorithm, make]) => {
        const pair = make()
        const key = signingKeyOf(pair)
        // what OPA reads past: promises of ours, and a second signer
        const statement = { sequence: 7, expires: instant(4_000_000_000_000), audiences: ['production'] }
        const once = await signBundle(bundle, key, { algorithm, statement })
        if (!once.ok) throw new Error(once.detail)
        const signed = await signBundle(once.value, signingKeyOf(makeEc('P-256')()), { cosign: true })
        if (!signed.ok) throw new Error(signed.detail)
        const files = await unpackBundle(signed.value)
        if (!files.ok) throw new Error(files.detail)
        const altered = packFiles([...new Map(files.value).set('data.json', Buffer.from('{"t":{}}'))])
        return [signed.value, altered].map((archive) => ({
          archive: base64(archive),
          key: pub(pair),
          algorithm: nameOf(algorithm),
        }))
      }),
    )
    const answers = ask({ read: read.flat() }).read
    expect(answers.filter((_, i) => i % 2 === 0)).toEqual(read.map(() => ''))
    for (const answer of answers.filter((_, i) => i % 2 === 1)) expect(answer).toContain('data.json: digest mismatch')
  })
})

describe('the hash of a document', () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom('"', '\\', '/', '\b', '\f', '\n', '\r', '\t', '\u0000', '\u001f', '\u007f', '\u2028', '\u2029'),
      fc.constantFrom('<', '>', '&', 'é', '\ufffd', '\uffff', '\ue000', '\u{1f600}', '\u{10ffff}'),
      fc.string({ unit: 'binary', maxLength: 1 }),
    ),
    maxLength: 8,
  })
  // one content in one of its spellings
  const spelled = fc.tuple(text, fc.integer({ min: 0, max: 2 })).map(([value, escaping]) =>
    escaping === 0
      ? JSON.stringify(value)
      : `"${[
          ...JSON.stringify(value)
            .slice(1, -1)
            .matchAll(/\\u[0-9a-f]{4}|\\.|[^\\]/gsu),
        ]
          .map(([unit], i) => (unit.startsWith('\\') || i % escaping > 0 ? unit : escapeUnit(unit)))
          .join('')}"`,
  )
  const escapeUnit = (unit: string) =>
    unit
      .split('')
      .map((c) => String.raw`\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('')
  const space = fc.constantFrom('', '', ' ', '\n', '\t\r\n ')
  const number = fc.oneof(
    fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => JSON.stringify(n)),
    fc.constantFrom('0', '-0', '0.0', '1.0', '1e3', '1E+400', '0.10', '9007199254740993', '-1.50e-7', '1e-999'),
  )
  const listed = (open: string, items: fc.Arbitrary<readonly string[]>, close: string) =>
    fc.tuple(items, space).map(([all, gap]) => `${open}${gap}${all.join(`${gap},${gap}`)}${gap}${close}`)
  const { document } = fc.letrec<{ document: string }>((tie) => ({
    document: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom('null', 'true', 'false'),
      number,
      spelled,
      listed('[', fc.array(tie('document'), { maxLength: 5 }), ']'),
      listed(
        '{',
        fc
          .uniqueArray(fc.tuple(spelled, space, tie('document')), {
            maxLength: 6,
            selector: ([name]) => JSON.parse(name),
          })
          .map((members) => members.map(([name, gap, value]) => `${name}${gap}:${gap}${value}`)),
        '}',
      ),
    ),
  }))

  test('is that of OPA for any document', () => {
    const documents = fc.sample(document, 5000)
    const theirs = ask({ hash: documents.map((one) => base64(one)) }).hash
    const ours = documents.map((one) => hashFile('data.json', Buffer.from(one), 'SHA-256'))
    for (const [i, hash] of ours.entries())
      expect([documents[i], hash]).toEqual([documents[i], { ok: true, value: theirs[i] }])
  })

  test('that OPA gives to two documents is given to one here', () => {
    const [replaced, lone] = ['"\ufffd"', String.raw`"\ud800"`].map((one) => Buffer.from(one))
    expect(new Set(ask({ hash: [replaced, lone].map((one) => one?.toString('base64')) }).hash).size).toBe(1)
    expect([replaced, lone].map((one) => hashFile('data.json', one ?? Buffer.of(), 'SHA-256').ok)).toEqual([
      true,
      false,
    ])
  })
})
