import type { JsonValue } from '../../../core/json.ts'
import { readOutcome } from './read-outcome.ts'
import type { Call, Outcome, Row, Stage } from './row.ts'

/** What came of a row. `good`: all of it as the row expects. */
export interface RowResult {
  readonly row: Row
  readonly outcome: Outcome
  readonly good: boolean
}

/** Runs one row against a decision point, over HTTP as its users do. */
export async function runRow(row: Row, stage: Stage, decisions: string): Promise<RowResult> {
  const outcomes: Outcome[] = []
  for (const call of row.calls(stage)) outcomes.push(await send(call, stage, decisions))
  const outcome = outcomes.at(-1) ?? { decided: '', code: '', why: '', says: 'nothing was asked' }
  const { decided, code, why } = row.expected
  const before = outcomes.slice(0, -1).every((earlier) => earlier.decided === 'allow')
  const good = before && outcome.decided === decided && outcome.code === code && outcome.why === why
  return { row, outcome, good }
}

const unknownKey = `sp_pep_${'0'.repeat(43)}`

async function send({ pep, service, body }: Call, { world }: Stage, decisions: string): Promise<Outcome> {
  const key = pep === undefined ? unknownKey : world[pep].key
  const response = await fetch(`${decisions}/authorize/${service}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const reply = (await response.json()) as JsonValue // JSON, whatever it says
  return readOutcome(response.status, reply)
}
