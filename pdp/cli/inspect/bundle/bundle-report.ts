import { sha256 } from '../../../core/digest.ts'
import { ok, refuse, type Result } from '../../../core/result.ts'
import { instant } from '../../../core/time.ts'
import { corpusFile, patchFile } from '../../../policy/bundle-files.ts'
import { type LoadBundleOptions, loadBundle, type LoadedBundle } from '../../../policy/load-bundle.ts'
import { type HeldBundle, offerBundle, offerClauses } from '../../../policy/offer-bundle.ts'
import { unpackBundle } from '../../../policy/unpack-bundle.ts'
import { type BundleCheck, type BundleExpectations, bundleChecks, checkOf } from './bundle-checks.ts'

/** What loading says of a bundle, and every check of it. */
export interface BundleReport {
  readonly verdict: 'accepted' | 'refused'
  readonly clause?: string
  readonly detail?: string
  readonly digest: string
  readonly bytes: number
  readonly kind: 'snapshot' | 'delta'
  readonly checks: readonly BundleCheck[]
}

/** Judges a bundle, over the active one where that is given. */
export async function reportBundle(
  archive: Uint8Array,
  over: Uint8Array | undefined,
  given: Omit<BundleExpectations, 'newest'>,
): Promise<BundleReport> {
  const options = optionsOf(given)
  const active = over && (await openActive(over, options))
  const loaded = active?.ok === false ? active : await offerBundle(archive, active?.value, options)
  const unpacked = await unpackBundle(archive)
  const more = unpacked.ok ? await bundleChecks(unpacked.value, { ...given, ...newestOf(active) }) : []
  const holds = (file: string): boolean => unpacked.ok && unpacked.value.has(file)
  const opened = checkOf(
    'archive',
    'gzip and tar, within limits',
    unpacked.ok ? `${unpacked.value.size} files` : unpacked,
  )
  return {
    verdict: loaded.ok ? 'accepted' : 'refused',
    ...(!loaded.ok && { clause: loaded.clause, detail: loaded.detail }),
    digest: `sha256:${sha256(archive)}`,
    bytes: archive.length,
    kind: holds(patchFile) ? 'delta' : 'snapshot',
    checks: [opened, ...more, ...corpusChecks(loaded, more, holds(corpusFile))],
  }
}

/** What is active may have ended since; it still says which sequence was active. */
async function openActive(over: Uint8Array, options: LoadBundleOptions): Promise<Result<HeldBundle>> {
  const before = await loadBundle(over, { ...options, statement: { ...options.statement, now: instant(0) } })
  if (!before.ok) return refuse(before.code, before.clause, `--over: ${before.detail}`)
  return ok({ bundle: before.value, archives: [over], last: sha256(over) })
}

function newestOf(active: Result<HeldBundle> | undefined): Pick<BundleExpectations, 'newest'> {
  const { sequence, content } = (active?.ok === true && active.value.bundle.signed?.statement) || {}
  return sequence !== undefined && content !== undefined ? { newest: { sequence, content } } : {}
}

function optionsOf({
  signers,
  threshold,
  entrypoints,
  audience,
  now,
}: Omit<BundleExpectations, 'newest'>): LoadBundleOptions {
  if (signers.length === 0) return { entrypoints } // nobody to hold it to, which the checks say
  return { entrypoints, signer: signers, threshold, statement: { now, ...(audience !== undefined && { audience }) } }
}

/** What loading alone can say: the corpus runs last, on a bundle that is otherwise good; a delta needs the one it changes. */
function corpusChecks(
  loaded: Result<HeldBundle>,
  checks: readonly BundleCheck[],
  hasCorpus: boolean,
): readonly BundleCheck[] {
  if (loaded.ok) return hasCorpus ? [corpus('passed', countCases(loaded.value.bundle))] : []
  if (checks.some(({ result, clause }) => result === 'refused' && clause !== undefined)) return []
  const { clause, detail } = loaded
  if (clause === offerClauses.base)
    return [
      { check: 'the change it makes', result: 'not checked', expected: 'the bundle it changes: --over', got: detail },
    ]
  return [{ ...corpus('refused', detail), clause }]
}

const corpus = (result: BundleCheck['result'], got: string): BundleCheck => ({
  check: 'starts, and passes its own corpus',
  result,
  expected: 'every case answered as it says',
  got,
})

function countCases({ corpus: bytes }: LoadedBundle): string {
  const document = JSON.parse(Buffer.from(bytes ?? []).toString('utf8')) as { readonly cases: readonly unknown[] } // it was checked
  return `${document.cases.length} cases`
}
