/** What a text is made of. */
type Value = string | number | boolean | undefined

/**
 * - `name`: which text it is. `values`: all that goes into it, so that equal values are an equal text.
 * - `text`: makes it.
 */
interface Remembered<T> {
  readonly name: (part: T) => string
  readonly values: (part: T) => readonly Value[]
  readonly text: (part: T) => string
}

const maximumTexts = 1_024
const longestText = 2_048

/** Keeps the text that was made last under each name, and answers it as long as every value is what it was. */
export function rememberText<T>({ name, values, text }: Remembered<T>): { readonly textOf: (part: T) => string } {
  const known = new Map<string, { readonly values: readonly Value[]; readonly text: string }>()
  return {
    textOf(part) {
      const [key, made] = [name(part), values(part)]
      const before = known.get(key)
      if (before !== undefined && same(before.values, made)) return before.text
      const written = text(part)
      if (written.length > longestText) return written
      if (before === undefined && known.size >= maximumTexts) known.clear() // cheaper than an order of use
      written.includes('\n') // what is searched is in one piece from then on, and quicker to copy
      known.set(key, { values: made, text: written })
      return written
    },
  }
}

function same(a: readonly Value[], b: readonly Value[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
