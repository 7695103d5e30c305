import { gunzipSync, gzipSync } from 'node:zlib'
import { abiClauses } from '../../../pdp/policy/abi.ts'
import { patchClauses } from '../../../pdp/policy/apply-patch.ts'
import { bundleDataClauses } from '../../../pdp/policy/bundle-data.ts'
import { bundleFileClauses } from '../../../pdp/policy/bundle-files.ts'
import { corpusClauses } from '../../../pdp/policy/corpus.ts'
import { gzipClauses } from '../../../pdp/policy/gunzip.ts'
import { instanceClauses } from '../../../pdp/policy/instance.ts'
import { bundleClauses } from '../../../pdp/policy/load-bundle.ts'
import { deltaClauses } from '../../../pdp/policy/load-delta.ts'
import { manifestClauses } from '../../../pdp/policy/manifest.ts'
import { statementClauses } from '../../../pdp/policy/signature/check-statement.ts'
import { signatureFileClauses } from '../../../pdp/policy/signature/read-signature-file.ts'
import { signedFilesClauses } from '../../../pdp/policy/signature/read-signed-files.ts'
import { bundleSignatureClauses } from '../../../pdp/policy/signature/verify-files.ts'
import { tarClauses } from '../../../pdp/policy/untar.ts'
import { signatureClauses } from '../../../pdp/jose/verify-jws.ts'
import { createTestKey, signJwt } from '../../support/keys.ts'
import { json, type Listed, signedArchive, type SignedParts, text } from '../../unit/policy/signed-files.ts'
import { compileTestPolicy, inputWith } from '../../unit/policy/test-policy.ts'

/** The two who sign, both of whom must; and somebody else. */
export const signers = [createTestKey('first'), createTestKey('second')] as const
const stranger = createTestKey('stranger')
const [first, second] = signers

export const audience = 'production'

/** What the bundle that is active is offered to be replaced with. `sequence` is one that is newer than that of the active. */
export interface Offer {
  readonly sequence: number
  /** That of the bundle that is active. */
  readonly active: number
  readonly now: number
}

type Make = (offer: Offer) => Uint8Array

/** One bundle that must be refused, and the one that differs from it in the named defect alone. */
export interface BadBundle {
  readonly name: string
  readonly clause: string
  readonly defect: Make
  readonly twin?: Make
}

const rego = 'package t\n\ndecision := data.t.answer == input.context.answer\n'
const manifest = { revision: 'r', roots: ['t'], wasm: [{ entrypoint: 't/decision', module: '/policy.wasm' }] }

/** One case that policy and data agree with, and one for each way to differ. */
const caseOf = (answer: number, allow: boolean, more: object = {}) => {
  const { time: _time, ...input } = inputWith({ answer })
  const now_ns = '1772458200000000000'
  return {
    name: `answer ${answer}`,
    entrypoint: 't/decision',
    input: { ...input, time: { now_ns } },
    expect: { allow },
    ...more,
  }
}
const corpus = (...cases: readonly unknown[]) => ({ 'corpus.json': json({ cases }) })

interface Parts extends SignedParts {
  /** Who else signs; the second signer unless told. */
  readonly cosigners?: readonly (typeof stranger)[]
  /** What the others sign in place of what the first does. */
  readonly cosigned?: Readonly<Record<string, unknown>>
}

/** The rows, the bundle that all of them begin with, and what a delta over that comes to. Compiles, the first time. */
export async function badBundles(): Promise<{
  readonly good: Make
  readonly whole: Make
  readonly rows: readonly BadBundle[]
}> {
  const { wasm } = await compileTestPolicy({ rego })
  const foreign = (
    await compileTestPolicy({ rego: 'package t\n\ndecision := count(net.lookup_ip_addr(input.context.name)) > 0\n' })
  ).wasm
  const base = { '.manifest': json(manifest), 'data.json': json({ t: { answer: 42 } }), 'policy.wasm': wasm }
  const promises = ({ sequence, now }: Offer) => ({ sequence, exp: Math.floor(now / 1000) + 3600, aud: [audience] })

  const signed =
    (files: Readonly<Record<string, Uint8Array>>, parts: Parts | ((offer: Offer) => Parts)): Make =>
    (offer) => {
      const { cosigners = [second], cosigned, ...own } = typeof parts === 'function' ? parts(offer) : parts
      const claims = { ...promises(offer), ...own.claims }
      const wrap = (token: string) => {
        const payload: object = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
        const tokens = cosigners.map((key) => signJwt(key, { alg: 'ES256' }, { ...payload, ...cosigned }))
        return { signatures: [token], ...(tokens.length > 0 && { cosignatures: tokens }) }
      }
      return signedArchive(files, first, { wrap, ...own, claims })
    }
  const snapshot = (parts: Parts | ((offer: Offer) => Parts) = {}): Make => signed(base, parts)
  const retarred =
    (change: (tar: Buffer) => Uint8Array): Make =>
    (offer) =>
      gzipSync(change(gunzipSync(snapshot()(offer))))
  const patch = (...changes: readonly unknown[]) => ({ 'patch.json': json({ data: changes }) })
  const change = { op: 'upsert', path: '/t/more', value: 1 }
  const delta = (parts: Parts = {}, changes: readonly unknown[] = [change]): Make =>
    signed({ '.manifest': json({ ...manifest, revision: 'd' }), ...patch(...changes) }, ({ active }) => ({
      ...parts,
      claims: { base: active, ...parts.claims },
    }))

  const altered = Buffer.from(wasm)
  altered.writeUInt8(altered.readUInt8(altered.length - 1) ^ 1, altered.length - 1)
  const hashed = (algorithm: string) => (files: readonly Listed[]) => files.map((file) => ({ ...file, algorithm }))

  const rows: readonly BadBundle[] = [
    // who signed
    {
      name: 'unsigned',
      clause: signatureFileClauses.present,
      defect: snapshot({ later: { '.signatures.json': undefined } }),
    },
    {
      name: 'signed by strangers',
      clause: signatureClauses.signature,
      defect: snapshot({ key: stranger, cosigners: [] }),
    },
    { name: 'signed by one of two', clause: bundleSignatureClauses.threshold, defect: snapshot({ cosigners: [] }) },
    { name: 'signed twice by one', clause: bundleSignatureClauses.threshold, defect: snapshot({ cosigners: [first] }) },
    {
      name: 'signed by one and a stranger',
      clause: bundleSignatureClauses.threshold,
      defect: snapshot({ cosigners: [stranger] }),
      twin: snapshot({ cosigners: [stranger, second] }),
    },
    {
      name: 'cosigned under another sequence',
      clause: signatureFileClauses.payload,
      defect: snapshot({ cosigned: { sequence: 999_999 } }),
    },
    { name: 'hashed with MD5', clause: signedFilesClauses.algorithm, defect: snapshot({ listed: hashed('MD5') }) },
    { name: 'hashed with SHA-1', clause: signedFilesClauses.algorithm, defect: snapshot({ listed: hashed('SHA-1') }) },
    {
      name: 'signed for a scope',
      clause: signedFilesClauses.scope,
      defect: snapshot({ claims: { scope: 'write' } }),
      twin: snapshot({ claims: { scope: '' } }),
    },
    { name: 'a claim nobody would keep', clause: signedFilesClauses.members, defect: snapshot({ claims: { nbf: 1 } }) },
    // what it promises
    {
      name: 'expired',
      clause: statementClauses.expired,
      defect: snapshot(({ now }) => ({ claims: { exp: Math.floor(now / 1000) - 1 } })),
    },
    {
      name: 'an expiry that is no time',
      clause: signedFilesClauses.expiry,
      defect: snapshot({ claims: { exp: 'never' } }),
    },
    { name: 'for somebody else', clause: statementClauses.audience, defect: snapshot({ claims: { aud: 'staging' } }) },
    { name: 'for nobody', clause: statementClauses.audience, defect: snapshot({ claims: { aud: undefined } }) },
    {
      name: 'an audience that is no text',
      clause: signedFilesClauses.audience,
      defect: snapshot({ claims: { aud: [audience, 1] } }),
    },
    {
      name: 'older',
      clause: statementClauses.older,
      defect: snapshot(({ active }) => ({ claims: { sequence: active - 1 } })),
    },
    {
      name: 'without a sequence',
      clause: statementClauses.older,
      defect: snapshot({ claims: { sequence: undefined } }),
    },
    {
      name: 'a sequence that is none',
      clause: signedFilesClauses.sequence,
      defect: snapshot({ claims: { sequence: 0 } }),
    },
    {
      name: 'another one of the same sequence',
      clause: statementClauses.content,
      defect: snapshot(({ active }) => ({
        claims: { sequence: active },
        files: { 'data.json': json({ t: { answer: 42, x: active } }) },
      })),
      twin: snapshot(({ sequence, active }) => ({
        claims: { sequence },
        files: { 'data.json': json({ t: { answer: 42, x: active } }) },
      })),
    },
    // files
    {
      name: 'a byte altered',
      clause: bundleSignatureClauses.hash,
      defect: snapshot({ later: { 'policy.wasm': altered } }),
    },
    {
      name: 'a file missing',
      clause: bundleSignatureClauses.there,
      defect: snapshot({ files: { 'a.rego': text('package a\n') }, later: { 'a.rego': undefined } }),
      twin: snapshot({ files: { 'a.rego': text('package a\n') } }),
    },
    {
      name: 'a file that nobody signed',
      clause: bundleSignatureClauses.listed,
      defect: snapshot({ later: { 'a.rego': text('package a\n') } }),
      twin: snapshot({ files: { 'a.rego': text('package a\n') } }),
    },
    {
      name: 'a file that is part of no bundle',
      clause: bundleFileClauses.known,
      defect: snapshot({ files: { 'install.sh': text('true\n') } }),
      twin: snapshot({ files: { 'install.rego': text('package a\n') } }),
    },
    {
      name: 'settings of trust',
      clause: bundleFileClauses.known,
      defect: snapshot({ files: { 'trust.yaml': text('trust: []\n') } }),
    },
    {
      name: 'a configuration',
      clause: bundleFileClauses.known,
      defect: snapshot({ files: { 'sallyport.yaml': text('peps: {}\n') } }),
    },
    {
      name: 'services in the manifest',
      clause: manifestClauses.members,
      defect: snapshot({ files: { '.manifest': json({ ...manifest, services: { orders: {} } }) } }),
    },
    {
      name: 'a name with ..',
      clause: tarClauses.name,
      defect: snapshot({ files: { 'a/../b.rego': text('package a\n') } }),
      twin: snapshot({ files: { 'a/..b/b.rego': text('package a\n') } }),
    },
    { name: 'a symbolic link', clause: tarClauses.type, defect: retarred((tar) => retyped(tar, '2')) },
    { name: 'a hard link', clause: tarClauses.type, defect: retarred((tar) => retyped(tar, '1')) },
    { name: 'a device', clause: tarClauses.type, defect: retarred((tar) => retyped(tar, '3')) },
    { name: 'a bomb', clause: gzipClauses.ratio, defect: snapshot({ files: { 'a.rego': new Uint8Array(64 << 20) } }) },
    { name: 'cut short', clause: gzipClauses.format, defect: (offer) => snapshot()(offer).slice(0, -20) },
    { name: 'no archive', clause: gzipClauses.format, defect: () => text('<html>not found</html>') },
    {
      name: 'more behind the end',
      clause: tarClauses.trailing,
      defect: retarred((tar) => Buffer.concat([tar, Buffer.alloc(512, 1)])),
      twin: retarred((tar) => Buffer.concat([tar, Buffer.alloc(512)])),
    },
    {
      name: 'without its manifest',
      clause: bundleFileClauses.manifest,
      defect: snapshot({ files: { '.manifest': undefined } }),
    },
    {
      name: 'without its module',
      clause: bundleFileClauses.module,
      defect: snapshot({ files: { 'policy.wasm': undefined } }),
    },
    {
      name: 'data outside of its roots',
      clause: bundleDataClauses.roots,
      defect: snapshot({ files: { 'u/data.json': json({}) } }),
      twin: snapshot({ files: { 't/u/data.json': json({}) } }),
    },
    // the module
    {
      name: 'a module that is none',
      clause: abiClauses.module,
      defect: snapshot({ files: { 'policy.wasm': text('wasm') } }),
    },
    {
      name: 'another ABI',
      clause: abiClauses.version,
      defect: snapshot({ files: { 'policy.wasm': withMinorVersion(wasm, 1) } }),
    },
    {
      name: 'a builtin that is not here',
      clause: instanceClauses.builtin,
      defect: snapshot({ files: { 'policy.wasm': foreign } }),
    },
    {
      name: 'a trap at start',
      clause: instanceClauses.start,
      defect: snapshot({ files: { 'policy.wasm': trapping(wasm) } }),
    },
    {
      name: 'an entrypoint too few',
      clause: bundleClauses.entrypoints,
      defect: snapshot({
        files: { '.manifest': json({ ...manifest, wasm: [{ entrypoint: 't/other', module: '/policy.wasm' }] }) },
      }),
    },
    // its own corpus
    {
      name: 'a corpus that fails',
      clause: corpusClauses.agrees,
      defect: snapshot({ files: corpus(caseOf(42, true), caseOf(43, true)) }),
      twin: snapshot({ files: corpus(caseOf(42, true), caseOf(43, false)) }),
    },
    {
      name: 'a corpus with other reasons',
      clause: corpusClauses.agrees,
      defect: snapshot({ files: corpus(caseOf(42, true, { expect: { allow: true, codes: ['why'] } })) }),
      twin: snapshot({ files: corpus(caseOf(42, true, { expect: { allow: true, codes: [] } })) }),
    },
    {
      name: 'a corpus of another entrypoint',
      clause: corpusClauses.entrypoint,
      defect: snapshot({ files: corpus(caseOf(42, true, { entrypoint: 't/other' })) }),
      twin: snapshot({ files: corpus(caseOf(42, true, { entrypoint: 't/decision' })) }),
    },
    {
      name: 'a corpus of nothing',
      clause: corpusClauses.form,
      defect: snapshot({ files: corpus() }),
      twin: snapshot({ files: corpus(caseOf(42, true)) }),
    },
    // deltas
    {
      name: 'an unsigned delta',
      clause: signatureFileClauses.present,
      defect: delta({ later: { '.signatures.json': undefined } }),
      twin: delta(),
    },
    {
      name: 'a delta by strangers',
      clause: signatureClauses.signature,
      defect: delta({ key: stranger, cosigners: [] }),
      twin: delta(),
    },
    {
      name: 'a delta altered',
      clause: bundleSignatureClauses.hash,
      defect: delta({ later: patch({ ...change, value: 2 }) }),
      twin: delta(),
    },
    {
      name: 'a delta for another base',
      clause: deltaClauses.base,
      defect: delta({ claims: { base: 999_999 } }),
      twin: delta(),
    },
    {
      name: 'a delta for no base',
      clause: deltaClauses.base,
      defect: delta({ claims: { base: undefined } }),
      twin: delta(),
    },
    {
      name: 'a delta with other roots',
      clause: deltaClauses.roots,
      defect: delta({ files: { '.manifest': json({ ...manifest, roots: ['t', 'u'] }) } }),
      twin: delta(),
    },
    {
      name: 'a delta with other entrypoints',
      clause: deltaClauses.wasm,
      defect: delta({
        files: { '.manifest': json({ ...manifest, wasm: [{ entrypoint: 't/other', module: '/policy.wasm' }] }) },
      }),
      twin: delta(),
    },
    {
      name: 'a delta with a module',
      clause: deltaClauses.files,
      defect: delta({ files: { 'policy.wasm': wasm } }),
      twin: delta(),
    },
    {
      name: 'a delta without a manifest',
      clause: deltaClauses.manifest,
      defect: delta({ files: { '.manifest': undefined } }),
      twin: delta(),
    },
    { name: 'a delta that would remove everything', clause: patchClauses.empty, defect: delta({}, []), twin: delta() },
    {
      name: 'a delta outside of the roots',
      clause: patchClauses.roots,
      defect: delta({}, [{ ...change, path: '/u/more' }]),
      twin: delta(),
    },
    {
      name: 'a delta of something else',
      clause: patchClauses.operation,
      defect: delta({}, [{ ...change, op: 'move' }]),
      twin: delta(),
    },
    {
      name: 'a delta through an escape',
      clause: patchClauses.path,
      defect: delta({}, [{ ...change, path: '/t/a~1b' }]),
      twin: delta(),
    },
    {
      name: 'a delta of what is not there',
      clause: patchClauses.there,
      defect: delta({}, [{ op: 'remove', path: '/t/none' }]),
      twin: delta(),
    },
    {
      name: 'a delta that is no list',
      clause: patchClauses.members,
      defect: delta({ files: { 'patch.json': json([]) } }),
      twin: delta(),
    },
    {
      name: 'a delta that the corpus refuses',
      clause: corpusClauses.agrees,
      defect: delta({ files: corpus(caseOf(42, true)) }, [{ op: 'replace', path: '/t/answer', value: 43 }]),
      twin: delta({ files: corpus(caseOf(42, true)) }),
    },
  ]
  const whole = snapshot({ files: { 'data.json': json({ t: { more: 1, answer: 42 } }) } })
  return { good: snapshot(), whole, rows }
}

/** The first header of a tar with another type, and its checksum mended. */
function retyped(tar: Buffer, type: string): Buffer {
  tar.write(type, 156, 'latin1')
  tar.fill(0x20, 148, 156)
  let sum = 0
  for (const byte of tar.subarray(0, 512)) sum += byte
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return tar
}

/** The module with another minor version of the ABI: both are `i32.const` globals, the minor one behind the major. */
function withMinorVersion(wasm: Uint8Array, minor: number): Uint8Array {
  const bytes = Buffer.from(wasm)
  const at = bytes.indexOf(Buffer.from([0x7f, 0x00, 0x41, 1, 0x0b, 0x7f, 0x00, 0x41, 3, 0x0b]))
  if (at < 0) throw new Error('the globals of the ABI version were not found')
  bytes[at + 8] = minor
  return bytes
}

/** The module whose start function traps: its body is `unreachable` and, for the length of what was there, nothing. */
function trapping(wasm: Uint8Array): Uint8Array {
  const bytes = Buffer.from(wasm)
  let at = 8
  let importedFunctions = 0
  let start = -1
  const number = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const next = bytes.readUInt8(at++)
      value |= (next & 0x7f) << shift
      if (next < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const section = bytes.readUInt8(at++)
    const length = number()
    const end = at + length
    if (section === 2) importedFunctions = countFunctionImports()
    if (section === 8) start = number()
    if (section === 10) {
      const functions = number()
      for (let i = 0; i < functions; i++) {
        const size = number()
        if (i === start - importedFunctions) {
          bytes.fill(0x01, at, at + size) // nop
          bytes.set([0x00, 0x00], at) // no locals, unreachable
          bytes.writeUInt8(0x0b, at + size - 1)
          return bytes
        }
        at += size
      }
    }
    at = end
  }
  throw new Error('the module has no start function')

  function countFunctionImports(): number {
    let functions = 0
    for (let left = number(); left > 0; left--) {
      for (const _ of ['module', 'name']) {
        const length = number() // moves `at` before it is added
        at += length
      }
      const kind = bytes.readUInt8(at++)
      if (kind === 0) {
        functions++
        number()
      } else if (kind === 2) {
        if (bytes.readUInt8(at++) === 1) number()
        number()
      } else throw new Error('an import of another kind')
    }
    return functions
  }
}
