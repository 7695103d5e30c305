import { lineSchema } from '../../../pdp/audit/record-schema.ts'

/** What a receipt said: the id of a record and its number. */
export type Acknowledged = ReadonlyMap<string, number>

/**
 * Everything wrong with the text of a log, in words: lines that are no records, numbers out of sequence, records twice,
 * and acknowledged records that are not where their receipt says. Empty for a sound one.
 */
export function checkLog(text: string, acknowledged: Acknowledged): readonly string[] {
  const faults: string[] = []
  const found = new Map<string, number>()
  if (text !== '' && !text.endsWith('\n')) faults.push('torn: the last line has no end')
  for (const [n, line] of text.split('\n').slice(0, -1).entries()) {
    const { success, data } = lineSchema.safeParse(parse(line))
    if (!success) {
      faults.push(`corrupt: line ${n}`)
      continue
    }
    if (data.seq !== n) faults.push(`sequence: line ${n} has ${data.seq}`)
    if (found.has(data.id)) faults.push(`twice: ${data.id}`)
    found.set(data.id, data.seq)
  }
  for (const [id, seq] of acknowledged) {
    if (found.get(id) !== seq) faults.push(`lost: ${id} acknowledged as ${seq}`)
  }
  return faults
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
