/** How many answers are kept, and to what length of text. */
export const mostRemembered = 256
export const longestRemembered = 2048

/** Keeps what a pure function answered to the last short texts; answers are frozen, since all who ask share them. */
export function remember<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    const answer = frozen(read(text))
    if (text.length > longestRemembered) return answer
    if (known.size >= mostRemembered) known.clear() // cheaper than an order of use, and as good where little varies
    known.set(text, answer)
    return answer
  }
}

/** The value, and all that it holds, frozen. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const item of Object.values(Object.freeze(value))) frozen(item)
  return value
}
