import type { JsonObject } from '../../core/json.ts'
import type { ShippedBatch } from '../../seams.ts'
import type { ExportFormat } from '../export/export-format.ts'
import { exportFormats } from '../export/formats.ts'
import { readLine } from '../export/stored-line.ts'
import type { SinkFormat } from './sink-settings.ts'

/** The records of a batch as objects. */
export const objectsOf = ({ records }: ShippedBatch): readonly JsonObject[] =>
  records.map(({ line }) => readLine(line)).filter((record) => record !== undefined)

/** The form of a name. */
export function formatOf(name: string): ExportFormat {
  const format = exportFormats.find((each) => each.name === name)
  if (!format) throw new Error(`no form is called ${name}`)
  return format
}

/** The records of a batch in a form, a line each without its end. */
export function linesOf(batch: ShippedBatch, format: SinkFormat): readonly string[] {
  if (format === 'native') return batch.records.map(({ line }) => line)
  return formatOf(format).encode(objectsOf(batch), batch).split('\n').slice(0, -1)
}

/** The newest checkpoint as a line of its own, for receivers of lines. */
export const checkpointLine = ({ origin, checkpoint }: ShippedBatch): string =>
  JSON.stringify({ v: 1, kind: 'checkpoint', origin, note: checkpoint })

/** What identifies a batch: the log and the numbers that it holds. */
export function batchKey({ origin, records }: ShippedBatch): string {
  const [first] = records
  return `${origin}/${first.seq}-${records.at(-1)?.seq ?? first.seq}`
}
