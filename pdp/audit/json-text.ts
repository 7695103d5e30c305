/**
 * A text as JSON writes it, as `JSON.stringify` would. Most texts hold nothing that must be escaped, and are found out
 * faster than that is called.
 */
export function quote(text: string): string {
  if (typeof text !== 'string') throw new TypeError('not a text') // of a faulty part: such a record cannot be written
  return escaped.test(text) ? JSON.stringify(text) : `"${text}"`
}

// RFC 8259 §7, and halves of surrogate pairs, which JSON.stringify writes as escapes where the other half is missing
const escaped = /["\\\u0000-\u001f\ud800-\udfff]/

/** As {@link quote}, for texts that come again and again: of tables and of the configuration, never of a caller. */
export function quoteKnown(text: string): string {
  const before = known.get(text)
  if (before !== undefined) return before
  if (known.size >= maximumKnown) known.clear()
  const quoted = quote(text)
  known.set(text, quoted)
  return quoted
}

const known = new Map<string, string>()
const maximumKnown = 1_024

/** A number; null where it is none that JSON has. */
export const number = (n: number): string => (Number.isFinite(n) ? `${n}` : 'null')

/** A list, of items that `text` makes JSON of. */
export function listOf<T>(items: readonly T[], text: (item: T) => string): string {
  let out = '['
  for (const item of items) out += out.length > 1 ? `,${text(item)}` : text(item)
  return `${out}]`
}

/** An object of texts. */
export function namesText(texts: Readonly<Record<string, string>>): string {
  let out = '{'
  for (const name of Object.keys(texts))
    out += `${out.length > 1 ? ',' : ''}${quoteKnown(name)}:${quote(texts[name] ?? '')}`
  return `${out}}`
}
