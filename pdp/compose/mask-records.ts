import { commitUnder } from '../audit/commit-value.ts'
import { maximumBodyBytes } from '../audit/line-size.ts'
import { recordBody } from '../audit/record-line.ts'
import { type MaskAnswer, maskByRules, maskDocument } from '../audit/mask-rules.ts'
import type { Config } from '../config/schema.ts'
import type { AuditRecord, DecisionRecord } from '../core/record.ts'
import { plus, seconds } from '../core/time.ts'
import type { LoadedBundle } from '../policy/load-bundle.ts'
import { deriveKey } from '../keys/derive.ts'
import type { OwnSecret } from '../keys/own-secret.ts'
import { createLogMask, hasLogMask } from '../policy/log-mask.ts'
import type { AuditLog } from '../seams.ts'
import type { Isolation } from './isolation.ts'

/** Asks rules about a decision, as the JSON text of its record; undefined where they could not answer. Never rejects. */
export type AskMask = (document: string, record: DecisionRecord) => Promise<MaskAnswer | undefined>

/** Makes lines of records, those of decisions as the rules in use say. */
export interface RecordMasking {
  readonly body: (record: AuditRecord) => string
  /** Has rules asked about decisions before their records go on to the log. */
  readonly before: (log: AuditLog) => AuditLog
  /** Takes other rules; undefined: none. */
  readonly use: (ask: AskMask | undefined) => void
}

/** `secret`: of which the key is that rules commit to values under. `maskFailed`: hears of each decision that rules did not answer for. */
export function createRecordMasking(
  { audit: { mode } }: Config,
  secret: OwnSecret,
  { maskFailed = () => undefined }: { readonly maskFailed?: () => void } = {},
): RecordMasking {
  const commit = commitUnder(deriveKey(secret, 'audit-commit/v1'))
  let ask: AskMask | undefined
  const masked = new WeakMap<AuditRecord, string>()

  async function mask(record: DecisionRecord, rules: AskMask): Promise<void> {
    const body = recordBody(record)
    const answer = await rules(maskDocument(body), record)
    if (!answer) maskFailed()
    masked.set(record, maskByRules(body, { answer, commit }, maximumBodyBytes))
  }

  return {
    body(record) {
      const text = masked.get(record)
      if (text !== undefined) return text
      const body = recordBody(record)
      // what no rule was asked about has nothing that a rule could hide
      return ask && record.kind === 'decision'
        ? maskByRules(body, { answer: undefined, commit }, maximumBodyBytes)
        : body
    },
    before: (log) => ({
      async append(given) {
        const record = mode === 'memory' && given.kind === 'decision' ? { ...given, demo: true as const } : given
        if (ask && record.kind === 'decision') await mask(record, ask).catch(() => undefined) // the log meets the same fault, and counts it
        return log.append(record)
      },
    }),
    use(next) {
      ask = next
    },
  }
}

/** Bundles by name: what is configured, or what is active by now. */
type Bundles = ReadonlyMap<string, { readonly bundle: LoadedBundle }>

/** Throws where a configuration names a bundle that has no rules about records. */
export function requireLogMask({ audit }: Config, bundles: Bundles): void {
  const { bundle: name } = audit.mask ?? {}
  const bundle = name === undefined ? undefined : bundles.get(name)?.bundle
  if (name === undefined || (bundle && hasLogMask(bundle))) return
  throw new Error(
    `audit.mask: bundle \`${name}\` has no entrypoint system/log/mask or system/log/drop; build it with one`,
  )
}

const waitAtMost = seconds(1)

/** The rules that a configuration names, of whichever bundle is active under that name when they are asked. */
export function logMaskOf(
  { audit: { mask: named } }: Config,
  active: Bundles,
  { pools }: Pick<Isolation, 'pools'>,
): AskMask | undefined {
  if (!named) return undefined
  return async (document, record) => {
    const bundle = active.get(named.bundle)?.bundle
    const pool = pools.get(named.bundle)
    if (!bundle || !pool || !hasLogMask(bundle)) return undefined
    const { id, at } = record
    const frame = { id, now: at, deadline: plus(at, waitAtMost) }
    return createLogMask(bundle, pool)(document, alikeOf(record), frame)
  }
}

/** What stays when a request is repeated: rules that it kept too long once are not asked about it at once again. */
const alikeOf = ({ service, pep, subject, questions, request }: DecisionRecord): string =>
  JSON.stringify([
    service,
    pep,
    subject?.issuer,
    subject?.id,
    questions.map(({ action, resource }) => [action, resource]),
    request,
  ])
