import { type AskedQuestion, type SharedInput, writePayload } from '../audit/payloads/payload.ts'
import type { PayloadStore } from '../audit/payloads/payload-store.ts'
import { sha256 } from '../core/digest.ts'
import type { DecisionId } from '../core/frame.ts'
import { type EvaluationInput, isDialectInput } from '../core/policy-input.ts'
import type { AuditLog, PolicySet } from '../seams.ts'

/**
 * Puts what decisions are evaluated from into a store: policies that remember their inputs, a log that hands them on. Inputs
 * that hold credentials are not kept.
 */
export interface PayloadKeeper {
  policies(policies: PolicySet, ttlMax: number): PolicySet
  log<Log extends AuditLog>(log: Log): Log
}

interface Held {
  readonly entrypoint: string
  readonly obligations: readonly string[]
  readonly ttlMax: number
  readonly inputs: EvaluationInput[]
}

const maximumHeld = 4_096

/** Makes the keeper. What is held of a decision whose record is written already is forgotten when others come. */
export function createPayloadKeeper(store: PayloadStore): PayloadKeeper {
  const held = new Map<DecisionId, Held>()

  function hold(id: DecisionId, input: EvaluationInput, of: Omit<Held, 'inputs'>): void {
    const before = held.get(id)
    if (before) return void before.inputs.push(input)
    held.set(id, { ...of, inputs: [input] })
    const oldest = held.size > maximumHeld ? held.keys().next().value : undefined
    if (oldest !== undefined) held.delete(oldest)
  }

  return {
    policies: (policies, ttlMax) => ({
      async active(service, caller) {
        const policy = await policies.active(service, caller)
        const { entrypoint, obligations, dialect } = service
        if (!policy || dialect?.exposeCredentials) return policy
        return {
          identity: policy.identity,
          evaluate(input, frame, reuse) {
            hold(frame.id, input, { entrypoint, obligations, ttlMax })
            return policy.evaluate(input, frame, reuse)
          },
        }
      },
    }),
    log: (log) => ({
      ...log,
      append(record) {
        if (record.kind !== 'decision') return log.append(record)
        const { id, at } = record
        const found = held.get(id)
        const first = found?.inputs[0]
        if (!found || !first) return log.append(record)
        held.delete(id)
        const { inputs, ...of } = found
        const line = writePayload({ id, at, ...of, input: shared(first), questions: inputs.map(asked) })
        store.keep(line, at)
        return log.append({ ...record, payloadSha256: sha256(line) })
      },
    }),
  }
}

function shared(input: EvaluationInput): SharedInput {
  if (isDialectInput(input)) return input
  const { action: _action, resource: _resource, time: _time, ...others } = input
  return others
}

function asked(input: EvaluationInput): AskedQuestion {
  if (isDialectInput(input)) return {}
  const { action, resource } = input
  return { ...(action && { action }), ...(resource && { resource }) }
}
