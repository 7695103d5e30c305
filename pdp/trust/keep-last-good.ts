import type { Result } from '../core/result.ts'
import { type Clock, between, instant, type Instant, seconds, type Seconds } from '../core/time.ts'
import type { Schedule } from '../net/schedule.ts'

export const documentKinds = ['jwks', 'spiffe-bundle', 'x509-authorities', 'jwt-bundle'] as const

/** What a source took, as it came, and when it was known right. Binary ones have one character for each byte. */
export interface TrustDocument {
  readonly kind: (typeof documentKinds)[number]
  readonly text: string
  readonly asOf: Instant
}

/** A source of keys that come as documents from elsewhere, which can be kept and taken again. */
export interface RestorableSource {
  /** What it holds now; one of each kind at most. None: it holds nothing, or what it held was withdrawn. */
  documents(): readonly TrustDocument[]
  /** Takes a document that was right once, as of then. Only before `start`. */
  restore(document: TrustDocument): Result<unknown>
  start(): Promise<{ readonly ok: boolean }>
  close(): void
}

/** Where the documents of one source are kept. */
export interface DocumentStore {
  /** What was kept and is ours; what else lies there was told to the operator, and counts for nothing. */
  load(): Promise<readonly TrustDocument[]>
  /** Puts a document in the place of the one of its kind, whole or not at all. Rejects with the error of the system. */
  keep(document: TrustDocument): Promise<void>
  drop(kind: TrustDocument['kind']): Promise<void>
}

/** `maxStale`: how long the source lets keys serve; `say`: one line for the operator. */
export interface KeepLastGoodParts {
  readonly store: DocumentStore
  readonly clock: Clock
  readonly schedule: Schedule
  readonly maxStale: Seconds
  readonly say: (line: string) => void
}

const lookEvery = seconds(1)
const keptAge = 60

/**
 * A source that a restart does not empty: what it took last is on the disk, and taken again before the first fetch. Age counts from
 * when that was known right, and not from the restart. What is too old to serve is taken all the same: an older bundle than
 * the last one is refused by it, however long ago that was.
 */
export function keepLastGood<S extends RestorableSource>(source: S, parts: KeepLastGoodParts): S {
  const { store, clock, schedule, maxStale, say } = parts
  const kept = new Map<TrustDocument['kind'], TrustDocument>()
  let cancel = () => {}
  let closed = false
  let fault: string | undefined

  const restore = async (): Promise<void> => {
    for (const document of await store.load()) {
      const now = clock()
      const come = document.asOf <= now // a clock ran ahead when it was kept: when it was right nobody knows
      const taken = source.restore(come ? document : { ...document, asOf: instant(0) })
      if (taken.ok) kept.set(document.kind, document)
      if (!taken.ok) say(`what was kept of ${document.kind} is ignored: ${taken.detail}`)
      else if (!come) say(`what was kept of ${document.kind} does not serve: it is of a time to come`)
      else if (between(document.asOf, now) > maxStale) say(`what was kept of ${document.kind} is too old to serve`)
    }
  }
  const keepChanges = async (): Promise<void> => {
    const held = source.documents()
    for (const document of held) {
      if (!isNews(kept.get(document.kind), document)) continue
      await store.keep(document)
      kept.set(document.kind, document)
    }
    for (const kind of kept.keys()) {
      if (held.some((document) => document.kind === kind)) continue
      await store.drop(kind)
      kept.delete(kind)
    }
  }
  const look = async (): Promise<void> => {
    const reason = await keepChanges().then(() => undefined, codeOf)
    if (reason !== undefined && reason !== fault) say(`keys are not kept for the next start (${reason})`)
    fault = reason
    if (!closed) cancel = schedule(lookEvery, () => void look())
  }
  return {
    ...source,
    async start() {
      await restore()
      const outcome = await source.start()
      await look()
      return outcome
    },
    close() {
      closed = true
      cancel()
      source.close()
    },
  }
}

/** Other contents at once; that the same ones are still right, once a minute. */
const isNews = (kept: TrustDocument | undefined, { text, asOf }: TrustDocument): boolean =>
  kept?.text !== text || Math.abs(between(kept.asOf, asOf)) >= keptAge

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
