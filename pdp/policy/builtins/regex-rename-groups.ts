/** A pattern whose named groups are called `${prefix}0`, `${prefix}1` and so on; `names` are what they were called. */
export interface Renamed {
  readonly pattern: string
  readonly prefix: string
  readonly names: readonly string[]
}

const prefix = 'g'

// In order: quoted text, an escape, a class with its escapes and named classes, the head of a named group.
const pieces = /\\Q[^]*?(?:\\E|$)|\\[^]|\[\^?\]?(?:\[:\^?\w+:\]|\\[^]|[^\]\\])*\]|\(\?P?<(\w+)>/g

/** Gives every named group of a pattern in RE2 syntax a name of its own. */
export function renameGroups(pattern: string): Renamed {
  const names: string[] = []
  const renamed = pattern.replaceAll(pieces, (piece: string, name: string | undefined) =>
    name === undefined ? piece : `(?P<${prefix}${names.push(name) - 1}>`,
  )
  return { pattern: renamed, prefix, names }
}
