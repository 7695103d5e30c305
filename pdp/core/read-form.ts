/** One name with its value. */
export type FormField = readonly [name: string, value: string]

// what `application/x-www-form-urlencoded` leaves as it is, and what encoders of URI components leave beside it
const encoded = /^(?:[A-Za-z0-9*._+!'()~-]|%[0-9A-Fa-f]{2})*$/

/**
 * Reads one part of `application/x-www-form-urlencoded`: `+` is a space, the rest percent-encoded UTF-8. Undefined where
 * something stands there that no encoder writes: another reader would take it for something else.
 */
export function readFormPart(text: string): string | undefined {
  if (!encoded.test(text)) return undefined
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined // not UTF-8
  }
}

/** Reads all fields of a form, in order; undefined where one of them cannot be read. */
export function readForm(text: string): readonly FormField[] | undefined {
  const fields: FormField[] = []
  for (const pair of text === '' ? [] : text.split('&')) {
    const equals = pair.indexOf('=')
    const name = readFormPart(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : readFormPart(pair.slice(equals + 1))
    if (name === undefined || value === undefined) return undefined
    fields.push([name, value])
  }
  return fields
}
