import { maximumBodyBytes, recordBody } from '../audit/record-line.ts'
import type { CommitValue } from '../audit/commit-value.ts'
import { type AskMask, maskByRules } from '../audit/mask-rules.ts'
import type { Config } from '../config/schema.ts'
import type { AuditRecord } from '../core/record.ts'
import type { LoadedBundle } from '../policy/load-bundle.ts'
import { createLogMask } from '../policy/log-mask.ts'
import type { AuditLog } from '../seams.ts'

/** Makes lines of records, those of decisions as the rules in use say. */
export interface RecordMasking {
  readonly body: (record: AuditRecord) => string
  /** Lets a decision that does not wait for its record go on before rules are asked. */
  readonly defer: (log: AuditLog) => AuditLog
  /** Takes other rules; undefined: none. */
  readonly use: (ask: AskMask | undefined) => void
}

/** `commit`: commits to values that rules keep out of the log. */
export function createRecordMasking(commit: CommitValue): RecordMasking {
  let ask: AskMask | undefined
  return {
    body(record) {
      const body = recordBody(record)
      return ask && record.kind === 'decision' ? maskByRules(body, { ask, commit }, maximumBodyBytes) : body
    },
    defer: (log) => ({
      async append(record) {
        if (ask && record.kind === 'decision') await new Promise(setImmediate)
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
  if (name === undefined || (bundle && createLogMask(bundle))) return
  throw new Error(
    `audit.mask: bundle \`${name}\` has no entrypoint system/log/mask or system/log/drop; build it with one`,
  )
}

/** The rules that a configuration names, of whichever bundle is active under that name when they are asked. */
export function logMaskOf({ audit }: Config, active: Bundles): AskMask | undefined {
  const { mask: named } = audit
  if (!named) return undefined
  let last: LoadedBundle | undefined
  let ask: AskMask | undefined
  return (document) => {
    const bundle = active.get(named.bundle)?.bundle
    if (bundle !== last) ask = bundle && createLogMask(bundle)
    last = bundle
    return ask?.(document)
  }
}
