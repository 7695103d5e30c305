import type { DecisionId, Frame } from '../core/frame.ts'
import type { RecordedBuiltinAnswer } from '../core/record.ts'
import type { AuditLog } from '../seams.ts'

/** A log whose decisions say what builtins answered in them, and the ear that hears of it. */
export interface AnsweringLog extends AuditLog {
  readonly onBuiltinAnswers: (answers: readonly RecordedBuiltinAnswer[], frame: Frame) => void
}

const maximumHeld = 4_096

/**
 * Puts what builtins answered in a decision into its record, so that it can be evaluated again to the same result. What
 * is heard of a decision whose record is written already, as after its deadline, is forgotten when others come.
 */
export function recordBuiltinAnswers(log: AuditLog): AnsweringLog {
  const held = new Map<DecisionId, readonly RecordedBuiltinAnswer[]>()
  return {
    onBuiltinAnswers(answers, { id }) {
      if (answers.length === 0) return
      held.set(id, answers) // the later call has the answers of the one before
      const oldest = held.size > maximumHeld ? held.keys().next().value : undefined
      if (oldest !== undefined) held.delete(oldest)
    },
    append(record) {
      if (record.kind !== 'decision') return log.append(record)
      const builtins = held.get(record.id)
      if (!builtins) return log.append(record)
      held.delete(record.id)
      // what builtins were asked may then be a credential
      return log.append(record.credentialsExposed ? record : { ...record, builtins })
    },
  }
}
