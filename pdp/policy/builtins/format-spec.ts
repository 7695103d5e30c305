/** The flags, width and precision between `%` and the verb, as Go's fmt keeps them. */
export interface FormatSpec {
  readonly sharp: boolean
  readonly zero: boolean
  readonly plus: boolean
  readonly minus: boolean
  readonly space: boolean
  readonly width: number | undefined
  readonly precision: number | undefined
}

/** No flags, no width, no precision. */
export const bareSpec: FormatSpec = {
  sharp: false,
  zero: false,
  plus: false,
  minus: false,
  space: false,
  width: undefined,
  precision: undefined,
}

/** Fills to the width, which counts characters; zeros only to the left, and only where the flag asks for them. */
export function pad(text: string, { width = 0, minus, zero }: FormatSpec): string {
  const missing = width - Array.from(text).length
  if (missing <= 0) return text
  return minus ? text + ' '.repeat(missing) : (zero ? '0' : ' ').repeat(missing) + text
}

/** The same with spaces alone. */
export const padSpaces = (text: string, spec: FormatSpec): string => pad(text, { ...spec, zero: false })
