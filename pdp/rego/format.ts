import { isBoolean, isString, mapOf, shapeOf } from './guards.ts'
import type { RegoSources, Verb } from './verb.ts'

export type FormatRequest = RegoSources

export interface FormattedFile {
  readonly text: string
  /** Whether the text differs from what was given. */
  readonly changed: boolean
}

export interface Formatted {
  /** Every module of the request, by path. */
  readonly files: Readonly<Record<string, FormattedFile>>
}

const isFormatted = shapeOf<Formatted>({ files: mapOf(shapeOf<FormattedFile>({ text: isString, changed: isBoolean })) })

/** The layout of `opa fmt`. */
export const format: Verb<FormatRequest, Formatted> = {
  name: 'format',
  write: (request) => request,
  read(value) {
    return isFormatted(value) ? value : undefined
  },
}
