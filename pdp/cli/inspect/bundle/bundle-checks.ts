import { sha256 } from '../../../core/digest.ts'
import type { VerificationKey } from '../../../core/key.ts'
import type { Refusal } from '../../../core/result.ts'
import { type Instant, toRfc3339 } from '../../../core/time.ts'
import { readModule } from '../../../policy/abi.ts'
import { builtins } from '../../../policy/builtins/list.ts'
import { readBundleData } from '../../../policy/bundle-data.ts'
import { type BundleFiles, patchFile, sortBundleFiles } from '../../../policy/bundle-files.ts'
import { startInstance } from '../../../policy/instance.ts'
import { type Manifest, readManifest } from '../../../policy/manifest.ts'
import { bundleClauses } from '../../../policy/load-bundle.ts'
import { readReadSets } from '../../../policy/read-set/metadata.ts'
import { checkStatement, type Newest } from '../../../policy/signature/check-statement.ts'
import { readSignatureFile, signatureFile } from '../../../policy/signature/read-signature-file.ts'
import { readSignedFiles, type Statement } from '../../../policy/signature/read-signed-files.ts'
import { type Files, verifyFiles } from '../../../policy/signature/verify-files.ts'

/** What became of one check of a bundle. `not checked`: nobody said what to hold it to. */
export interface BundleCheck {
  readonly check: string
  readonly result: 'passed' | 'refused' | 'not checked'
  readonly expected: string
  readonly got: string
  readonly clause?: string
}

/** What a bundle is held to. */
export interface BundleExpectations {
  readonly signers: readonly VerificationKey[]
  readonly threshold: number
  readonly audience?: string
  readonly newest?: Newest
  readonly entrypoints: readonly string[]
  readonly now: Instant
}

/**
 * Every check of a bundle's files, each by itself, so that one that fails hides no other. Loading makes the same ones, in
 * the order of trust, and stops at the first.
 */
export async function bundleChecks(files: Files, expected: BundleExpectations): Promise<readonly BundleCheck[]> {
  const signature = signatureChecks(files, expected)
  if (files.has(patchFile)) return signature
  const sorted = sortBundleFiles(files)
  if (!sorted.ok)
    return [...signature, checkOf('files', '.manifest, policy.wasm, data.json, corpus.json, Rego', sorted)]
  return [
    ...signature,
    checkOf('files', '.manifest, policy.wasm, data.json, corpus.json, Rego', namesOf(files)),
    ...(await contentChecks(sorted.value, expected)),
  ]
}

/** A check: `got` is what was found, or the refusal; of what was found and is refused, both. */
export function checkOf(name: string, expected: string, got: string | Refusal, refusal?: Refusal): BundleCheck {
  if (typeof got !== 'string') return { check: name, result: 'refused', expected, got: got.detail, clause: got.clause }
  return {
    check: name,
    expected,
    got,
    ...(refusal ? { result: 'refused', clause: refusal.clause } : { result: 'passed' }),
  }
}

const namesOf = (files: Files): string => [...files].map(([name, bytes]) => `${name} (${bytes.length})`).join(', ')

function signatureChecks(files: Files, expected: BundleExpectations): readonly BundleCheck[] {
  const { signers, threshold, audience, newest, now } = expected
  const read = readSignatureFile(files.get(signatureFile))
  const wanted =
    signers.length === 0
      ? 'a signer: name a public key with --signer'
      : `${threshold} of ${signers.map(({ id }) => id).join(', ')}`
  if (!read.ok) {
    const unsigned = checkOf('signature', wanted, read)
    return [signers.length > 0 || files.has(signatureFile) ? unsigned : { ...unsigned, result: 'not checked' }]
  }
  const named = read.value.map(({ header: { alg, kid } }) => `${alg} ${kid ?? 'without a key id'}`).join(', ')
  const verified = verifyFiles(files, { keys: signers, threshold })
  const signature: BundleCheck =
    signers.length === 0
      ? { check: 'signature', result: 'not checked', expected: wanted, got: named }
      : checkOf('signature', wanted, verified.ok ? `${named}: good of ${verified.value.signers.join(', ')}` : verified)
  const stated = readSignedFiles(read.value[0].payload)
  if (!stated.ok) return [signature, checkOf('statement', 'files, sequence, expiry, audience', stated)]
  return [
    signature,
    ...statementChecks(stated.value, { now, ...(audience !== undefined && { audience }), ...(newest && { newest }) }),
  ]
}

interface StatementExpectations {
  readonly now: Instant
  readonly audience?: string
  readonly newest?: Newest
}

/** Each promise of a statement alone: the others are left out of it and of what it is held to. */
function statementChecks(
  statement: Statement,
  { now, audience, newest }: StatementExpectations,
): readonly BundleCheck[] {
  const { files, content, sequence, expires, audiences, base } = statement
  const bare = { files, content }
  const ended = checkStatement({ ...bare, ...(expires !== undefined && { expires }) }, { now })
  const meant = checkStatement({ ...bare, ...(audiences && { audiences }) }, audience === undefined ? {} : { audience })
  const older = checkStatement({ ...bare, ...(sequence !== undefined && { sequence }) }, newest ? { newest } : {})
  const order = sequence === undefined ? 'none' : String(sequence)
  return [
    checkOf('expiry', `after ${toRfc3339(now)}, or none`, expires === undefined ? 'none' : toRfc3339(expires), ended),
    checkOf('audience', audience ?? 'none', audiences?.join(', ') ?? 'none', meant),
    newest
      ? checkOf('sequence', `${newest.sequence} or higher, and another content under a higher one`, order, older)
      : {
          check: 'sequence',
          result: 'not checked',
          expected: 'that of the active bundle: name it with --over',
          got: order,
        },
    ...(base === undefined ? [] : [checkOf('base', 'the sequence of the bundle that it changes', String(base))]),
  ]
}

async function contentChecks(files: BundleFiles, expected: BundleExpectations): Promise<readonly BundleCheck[]> {
  const manifest = readManifest(files.manifest)
  const stated = checkOf(
    'manifest',
    'revision, roots, wasm',
    manifest.ok ? `revision ${manifest.value.revision}` : manifest,
  )
  const module = await moduleChecks(files, manifest.ok ? manifest.value : undefined, expected)
  if (!manifest.ok) return [stated, ...module]
  const { roots } = manifest.value
  const data = readBundleData(files.data, roots)
  const found = data.ok ? Object.keys(data.value).join(', ') || 'no data' : data
  return [stated, checkOf('data within roots', roots.join(', ') || 'everything', found), ...module]
}

async function moduleChecks(
  files: BundleFiles,
  manifest: Manifest | undefined,
  { entrypoints }: BundleExpectations,
): Promise<readonly BundleCheck[]> {
  const digest = sha256(files.module)
  const module = await readModule(new Uint8Array(files.module))
  const wasm = checkOf('module', 'WebAssembly with OPA’s imports and exports', module.ok ? `sha256:${digest}` : module)
  if (!module.ok) return [wasm]
  const instance = startInstance(module.value, '', builtins, memory)
  const needed = 'ABI 1.2 or newer, and builtins that are here'
  if (!instance.ok) return [wasm, checkOf('ABI and builtins', needed, instance)]
  const { abi, builtins: names, entrypoints: ids } = instance.value
  const wanted = [...new Set([...(manifest?.entrypoints ?? []), ...entrypoints])]
  const missing = wanted.filter((name) => !ids.has(name))
  const readSets = manifest ? [...readReadSets(manifest.metadata, digest).keys()] : []
  return [
    wasm,
    checkOf(
      'ABI and builtins',
      needed,
      `ABI ${abi}; ${names.length === 0 ? 'no builtin of the host' : names.join(', ')}`,
    ),
    {
      ...checkOf('entrypoints', wanted.join(', '), [...ids.keys()].join(', ')),
      ...(missing.length > 0 && lacking(missing, manifest ?? {})),
    },
    // without one, everything is read: slower, and never wrong
    checkOf('read sets of this module', 'of every entrypoint, else all is read', readSets.join(', ') || 'none'),
  ]
}

const lacking = (missing: readonly string[], { entrypoints = [] }: Partial<Manifest>) =>
  ({
    result: 'refused',
    got: `no ${missing.join(', ')}`,
    clause: missing.some((name) => entrypoints.includes(name)) ? bundleClauses.entrypoints : bundleClauses.entrypoint,
  }) as const

const MIB = 1_048_576
const memory = { input: MIB / 4, working: 64 * MIB }
