import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { jsonClauses } from '../../../pdp/core/read-json.ts'
import { abiClauses } from '../../../pdp/policy/abi.ts'
import { bundleDataClauses } from '../../../pdp/policy/bundle-data.ts'
import { bundleFileClauses } from '../../../pdp/policy/bundle-files.ts'
import { gzipClauses } from '../../../pdp/policy/gunzip.ts'
import { instanceClauses } from '../../../pdp/policy/instance.ts'
import { bundleClauses, loadBundle, type LoadBundleOptions } from '../../../pdp/policy/load-bundle.ts'
import { manifestClauses } from '../../../pdp/policy/manifest.ts'
import { packBundle } from '../../../pdp/policy/pack-bundle.ts'
import { documentClauses } from '../../../pdp/policy/read-document.ts'
import { tarClauses } from '../../../pdp/policy/untar.ts'
import { writeTar } from '../../../pdp/policy/write-tar.ts'
import { frameAt } from '../../support/clock.ts'
import { refusesOnly } from '../../support/twin.ts'
import { compileTestPolicy, inputWith, policyOf } from './test-policy.ts'

const rego = 'package t\n\ndecision := data.t.answer == input.context.answer\n'

let wasm: Uint8Array
let foreignWasm: Uint8Array
beforeAll(async () => {
  wasm = (await compileTestPolicy({ rego })).wasm
  foreignWasm = (
    await compileTestPolicy({ rego: 'package t\n\ndecision := count(net.lookup_ip_addr(input.context.name)) > 0\n' })
  ).wasm
}, 60_000)

const manifest = { revision: 'r1', roots: ['t'], wasm: [{ entrypoint: 't/decision', module: '/policy.wasm' }] }
const json = (value: unknown) => Buffer.from(JSON.stringify(value))

type Files = Readonly<Record<string, Uint8Array | undefined>>
const goodFiles = (): Files => ({
  '.manifest': json(manifest),
  'data.json': json({ t: { answer: 42 } }),
  'policy.wasm': wasm,
})

const tarOf = (files: Files): Uint8Array =>
  writeTar(Object.entries(files).flatMap(([name, bytes]): [string, Uint8Array][] => (bytes ? [[name, bytes]] : [])))

const archiveOf = (changes: Files = {}): Uint8Array => gzipSync(tarOf({ ...goodFiles(), ...changes }))

/** The good archive with one tar header or block changed. */
function tampered(change: (tar: Buffer) => Uint8Array): Uint8Array {
  return gzipSync(change(Buffer.from(tarOf(goodFiles()))))
}

/** Writes into the header at a block and mends its checksum. */
function header(tar: Buffer, at: number, text: string, offset: number): Buffer {
  tar.write(text, at + offset, 'latin1')
  tar.fill(0x20, at + 148, at + 156)
  let sum = 0
  for (const byte of tar.subarray(at, at + 512)) sum += byte
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1')
  return tar
}

const [NAME, TYPE, SIZE] = [0, 156, 124]
const empty = new Uint8Array()

interface Row {
  readonly name: string
  readonly defect: () => Uint8Array
  readonly clause: string
  readonly twin?: () => Uint8Array
  readonly options?: LoadBundleOptions
}

const rows: readonly Row[] = [
  { name: 'not gzip', defect: () => tarOf(goodFiles()), clause: gzipClauses.format },
  { name: 'gzip cut short', defect: () => archiveOf().slice(0, -9), clause: gzipClauses.format },
  {
    name: 'larger than allowed',
    defect: () => gzipSync(tarOf(goodFiles()), { level: 0 }),
    options: { limits: { compressed: 100_000 } },
    clause: gzipClauses.compressed,
  },
  {
    name: 'expands to more than allowed',
    defect: () => archiveOf({ 'data.json': json({ t: { answer: 42, x: 'x'.repeat(300_000) } }) }),
    options: { limits: { expanded: 400_000 } },
    clause: gzipClauses.expanded,
  },
  {
    name: 'expands out of proportion',
    defect: () => archiveOf({ 'data.json': json({ t: { answer: 42, x: 'x'.repeat(16_000_000) } }) }),
    clause: gzipClauses.ratio,
  },
  { name: 'no tar inside', defect: () => gzipSync(Buffer.alloc(2048, 'x')), clause: tarClauses.header },
  { name: 'a wrong checksum', defect: () => tampered((tar) => (tar.write('1', 148), tar)), clause: tarClauses.header },
  {
    name: 'tar without its end',
    defect: () => tampered((tar) => tar.subarray(0, -1024)),
    clause: tarClauses.truncated,
  },
  {
    name: 'tar with half its end',
    defect: () => tampered((tar) => tar.subarray(0, -512)),
    clause: tarClauses.truncated,
  },
  {
    name: 'tar that ends within a file',
    defect: () => tampered((tar) => header(tar, 0, '77777777777', SIZE)),
    options: { limits: { entrySize: 2 ** 40 } },
    clause: tarClauses.truncated,
  },
  {
    name: 'more behind the end',
    defect: () => tampered((tar) => Buffer.concat([tar, Buffer.alloc(512, 1)])),
    twin: () => tampered((tar) => Buffer.concat([tar, Buffer.alloc(512)])),
    clause: tarClauses.trailing,
  },
  {
    name: 'too many entries',
    defect: () => archiveOf({ 'a.rego': empty }),
    options: { limits: { entries: 3 } },
    clause: tarClauses.entries,
  },
  {
    name: 'a file that is too large',
    defect: () => archiveOf({ 'a.rego': new Uint8Array(400_000) }),
    options: { limits: { entrySize: 300_000 } },
    clause: tarClauses.entrySize,
  },
  { name: 'a symbolic link', defect: () => tampered((tar) => header(tar, 0, '2', TYPE)), clause: tarClauses.type },
  { name: 'a hard link', defect: () => tampered((tar) => header(tar, 0, '1', TYPE)), clause: tarClauses.type },
  { name: 'an extended header', defect: () => tampered((tar) => header(tar, 0, 'x', TYPE)), clause: tarClauses.type },
  {
    name: 'a name with ..',
    defect: () => archiveOf({ 'a/../b.rego': empty }),
    twin: () => archiveOf({ 'a/..b/b.rego': empty }),
    clause: tarClauses.name,
  },
  {
    name: 'an absolute name',
    defect: () => archiveOf({ '/etc/a.rego': empty }),
    twin: () => archiveOf({ 'etc/a.rego': empty }),
    clause: tarClauses.name,
  },
  {
    name: 'a name with .',
    defect: () => archiveOf({ './a.rego': empty }),
    twin: () => archiveOf({ 'a.rego': empty }),
    clause: tarClauses.name,
  },
  {
    name: 'a name with an empty part',
    defect: () => archiveOf({ 'a//b.rego': empty }),
    twin: () => archiveOf({ 'a/b.rego': empty }),
    clause: tarClauses.name,
  },
  {
    name: 'a name with a backslash',
    defect: () => archiveOf({ 'a\\b.rego': empty }),
    twin: () => archiveOf({ 'ab.rego': empty }),
    clause: tarClauses.name,
  },
  {
    name: 'a name with NUL',
    defect: () => tampered((tar) => header(tar, 0, 'policy\0.rego', NAME)),
    clause: tarClauses.name,
  },
  {
    name: 'a name that stands twice',
    defect: () =>
      gzipSync(writeTar([...Object.entries(goodFiles()), ['data.json', json({})]] as [string, Uint8Array][])),
    clause: tarClauses.duplicate,
  },
  { name: 'no manifest', defect: () => archiveOf({ '.manifest': undefined }), clause: bundleFileClauses.manifest },
  { name: 'no module', defect: () => archiveOf({ 'policy.wasm': undefined }), clause: bundleFileClauses.module },
  { name: 'a delta', defect: () => archiveOf({ 'patch.json': json({ data: [] }) }), clause: bundleFileClauses.delta },
  {
    name: 'data in YAML',
    defect: () => archiveOf({ 'a/data.yaml': empty }),
    twin: () => archiveOf({ 'a/data.yaml.rego': empty }),
    clause: bundleFileClauses.known,
  },
  {
    name: 'a second module',
    defect: () => archiveOf({ 'a/policy.wasm': empty }),
    twin: () => archiveOf({ '.signatures.json': empty }),
    clause: bundleFileClauses.known,
  },
  {
    name: 'a manifest that is no JSON',
    defect: () => archiveOf({ '.manifest': Buffer.from('{"revision":') }),
    clause: jsonClauses.syntax,
  },
  {
    name: 'a manifest member twice',
    defect: () => archiveOf({ '.manifest': Buffer.from(JSON.stringify(manifest).replace('{', '{"revision":"r0",')) }),
    clause: jsonClauses.duplicate,
  },
  {
    name: 'an unknown manifest member',
    defect: () => archiveOf({ '.manifest': json({ ...manifest, expires: 1 }) }),
    twin: () => archiveOf({ '.manifest': json({ ...manifest, metadata: { expires: 1 } }) }),
    clause: manifestClauses.members,
  },
  {
    name: 'no revision',
    defect: () => archiveOf({ '.manifest': json({ ...manifest, revision: '' }) }),
    clause: manifestClauses.revision,
  },
  {
    name: 'roots that are no paths',
    defect: () => archiveOf({ '.manifest': json({ ...manifest, roots: ['t', '../u'] }) }),
    twin: () => archiveOf({ '.manifest': json({ ...manifest, roots: ['t', 'u'] }) }),
    clause: manifestClauses.roots,
  },
  {
    name: 'roots that overlap',
    defect: () => archiveOf({ '.manifest': json({ ...manifest, roots: ['t', 't/a'] }) }),
    twin: () => archiveOf({ '.manifest': json({ ...manifest, roots: ['t', 'ta'] }) }),
    clause: manifestClauses.rootsOverlap,
  },
  {
    name: 'no entrypoint in the manifest',
    defect: () => archiveOf({ '.manifest': json({ ...manifest, wasm: [] }) }),
    clause: manifestClauses.wasm,
  },
  {
    name: 'another module in the manifest',
    defect: () =>
      archiveOf({ '.manifest': json({ ...manifest, wasm: [{ entrypoint: 't/decision', module: '/other.wasm' }] }) }),
    clause: manifestClauses.wasm,
  },
  {
    name: 'an entrypoint that the module lacks',
    defect: () =>
      archiveOf({ '.manifest': json({ ...manifest, wasm: [{ entrypoint: 't/other', module: '/policy.wasm' }] }) }),
    clause: bundleClauses.entrypoints,
  },
  {
    name: 'an entrypoint that was asked for and is absent',
    defect: () => archiveOf(),
    options: { entrypoints: ['t/other'] },
    clause: bundleClauses.entrypoint,
  },
  {
    name: 'data that is no object',
    defect: () => archiveOf({ 'data.json': json([]), '.manifest': json({ ...manifest, roots: undefined }) }),
    twin: () => archiveOf({ 'data.json': json({}), '.manifest': json({ ...manifest, roots: undefined }) }),
    clause: bundleDataClauses.object,
  },
  {
    name: 'data outside the roots',
    defect: () => archiveOf({ 'u/data.json': json({}) }),
    twin: () => archiveOf({ 't/u/data.json': json({}) }),
    clause: bundleDataClauses.roots,
  },
  {
    name: 'data beside a deeper root',
    defect: () => archiveOf({ '.manifest': json({ ...manifest, roots: ['t/a'] }) }),
    twin: () => archiveOf({ '.manifest': json({ ...manifest, roots: ['t/answer'] }) }),
    clause: bundleDataClauses.roots,
  },
  {
    name: 'two values for one path',
    defect: () => archiveOf({ 't/answer/data.json': json(43) }),
    twin: () => archiveOf({ 't/other/data.json': json(43) }),
    clause: bundleDataClauses.conflict,
  },
  {
    name: 'an object over a value',
    defect: () => archiveOf({ 't/answer/x/data.json': json(43) }),
    twin: () => archiveOf({ 't/object/x/data.json': json(43) }),
    clause: bundleDataClauses.conflict,
  },
  {
    name: 'a data member twice',
    defect: () => archiveOf({ 'data.json': Buffer.from('{"t":{"answer":1,"answer":42}}') }),
    clause: jsonClauses.duplicate,
  },
  {
    name: 'data with a lone surrogate',
    defect: () => archiveOf({ 'data.json': Buffer.from(String.raw`{"t":{"answer":"\ud800"}}`) }),
    clause: jsonClauses.surrogate,
  },
  {
    name: 'data with a number beyond a double',
    defect: () => archiveOf({ 'data.json': Buffer.from('{"t":{"answer":9007199254740993}}') }),
    clause: jsonClauses.number,
  },
  {
    name: 'data that is no UTF-8',
    defect: () => archiveOf({ 'data.json': Buffer.from([0x7b, 0x7d, 0xff]) }),
    clause: documentClauses.utf8,
  },
  {
    name: 'a module that is none',
    defect: () => archiveOf({ 'policy.wasm': Buffer.from('wasm') }),
    clause: abiClauses.module,
  },
  {
    name: 'a module without exports',
    defect: () => archiveOf({ 'policy.wasm': Buffer.from('0061736d01000000', 'hex') }),
    clause: abiClauses.exports,
  },
  {
    name: 'a module that imports more',
    defect: () =>
      archiveOf({
        'policy.wasm': Buffer.from('0061736d0100000001040160000002090103656e7601660000', 'hex'),
      }),
    clause: abiClauses.imports,
  },
  {
    name: 'an older ABI',
    defect: () => archiveOf({ 'policy.wasm': withMinorVersion(1) }),
    twin: () => archiveOf({ 'policy.wasm': withMinorVersion(2) }),
    clause: abiClauses.version,
  },
  {
    name: 'a builtin that does not exist here',
    defect: () => archiveOf({ 'policy.wasm': foreignWasm }),
    clause: instanceClauses.builtin,
  },
]

/** The module with another minor version of the ABI: both are `i32.const` globals, the minor one behind the major. */
function withMinorVersion(minor: number): Uint8Array {
  const bytes = Buffer.from(wasm)
  const at = bytes.indexOf(Buffer.from([0x7f, 0x00, 0x41, 1, 0x0b, 0x7f, 0x00, 0x41, 3, 0x0b]))
  if (at < 0) throw new Error('the globals of the ABI version were not found')
  bytes[at + 8] = minor
  return bytes
}

describe('a bundle is refused for', () => {
  test.for(rows)('$name', async ({ defect, twin = archiveOf, clause, options = {} }) => {
    const load = (archive: Uint8Array) =>
      loadBundle(archive, archive === good ? { ...options, entrypoints: [] } : options)
    const good = twin()
    await refusesOnly(load, good, defect(), { code: 'POLICY_ERROR', clause })
  })
})

test('a missing builtin is named', async () => {
  expect(await loadBundle(archiveOf({ 'policy.wasm': foreignWasm }))).toMatchObject({
    detail: expect.stringContaining('net.lookup_ip_addr'),
  })
})

test('data is merged at the paths of its files', async () => {
  const bundle = await loadBundle(
    archiveOf({ 'data.json': json({ t: { a: 1 } }), 't/data.json': json({ b: 2 }), 't/answer/data.json': json([3]) }),
  )
  if (!bundle.ok) throw new Error(bundle.detail)
  expect(await policyOf(bundle.value).evaluate(inputWith({ answer: [3] }), frameAt())).toMatchObject({
    value: { allow: true },
  })
  expect(await policyOf(bundle.value).evaluate(inputWith({ answer: [4] }), frameAt())).toMatchObject({
    value: { allow: false },
  })
})

test('packing is deterministic, and reads back', async () => {
  const parts = await compileTestPolicy({ rego, data: { t: { answer: 1 } } })
  const [once, again] = [packBundle(parts), packBundle({ ...parts })]
  expect(Buffer.from(once).equals(again)).toBe(true)
  const bundle = await loadBundle(once, { entrypoints: ['t/decision'] })
  expect(bundle).toMatchObject({ ok: true, value: { revision: 'test-1' } })
})
