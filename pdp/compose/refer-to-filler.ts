import type { DecisionId } from '../core/frame.ts'
import type { RecordedQuestion } from '../core/record.ts'
import type { AuditLog } from '../seams.ts'

const maximumHeld = 16_384

/**
 * A log in which a reused answer is told of by the record of the decision that made it, instead of its reasons and
 * obligations once more. Only where that record stands in this log, and before: an answer of another instance, of a
 * process before this one, or one whose record could not be written, is told in full.
 */
export function referToFiller<Log extends AuditLog>(log: Log): Log {
  const told = new Set<DecisionId>() // records that have something to refer to

  const shorten = (question: RecordedQuestion): RecordedQuestion => {
    const { filledBy } = question
    if (filledBy === undefined || !told.has(filledBy)) return question
    const { reasons: _reasons, obligations: _obligations, ...short } = question
    return short
  }

  function remember(id: DecisionId): void {
    told.add(id)
    const oldest = told.size > maximumHeld ? told.values().next().value : undefined
    if (oldest !== undefined) told.delete(oldest)
  }

  return {
    ...log,
    append(record) {
      if (record.kind !== 'decision') return log.append(record)
      const { id, questions } = record
      const refers = questions.some(({ filledBy }) => filledBy !== undefined && told.has(filledBy))
      const written = log.append(refers ? { ...record, questions: questions.map(shorten) } : record)
      if (questions.some(isToBeReferredTo)) written.then(() => remember(id), ignored)
      return written
    },
  }
}

const ignored = (): void => undefined

const isToBeReferredTo = ({ cache, reasons = [], obligations = [] }: RecordedQuestion): boolean =>
  cache === 'miss' && reasons.length + obligations.length > 0
