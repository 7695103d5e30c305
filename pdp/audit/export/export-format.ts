import type { JsonObject } from '../../core/json.ts'

/** Where records come from: the origin of their log, as its checkpoints have it. */
export interface ExportedLog {
  readonly origin: string
}

/**
 * One form that records are given to others in. `encode` answers lines, each with its line end; kinds of records that the
 * form has no place for are left out. A form adds nothing that the record does not say.
 */
export interface ExportFormat {
  readonly name: string
  encode(records: readonly JsonObject[], log: ExportedLog): string
}

/** A form that has a line for each record it has a place for. */
export const lineFormat = (
  name: string,
  line: (record: JsonObject, log: ExportedLog) => string | undefined,
): ExportFormat => ({
  name,
  encode: (records, log) =>
    records
      .map((record) => line(record, log))
      .filter((text) => text !== undefined)
      .map((text) => `${text}\n`)
      .join(''),
})

/** The name and the maker by which this program is known in other forms. */
export const product = { name: 'sallyport', vendor: 'Sallyport' } as const
