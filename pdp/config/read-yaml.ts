import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'

/** A text that was read: its value, and for each path in it (`listen.decisions`) the line where it stands. */
export type YamlResult =
  | { readonly ok: true; readonly value: unknown; readonly lines: ReadonlyMap<string, number> }
  | { readonly ok: false; readonly message: string }

/** Reads YAML 1.2, so JSON too. Refuses what could be read in two ways: doubled keys, aliases, tags. */
export function readYaml(text: string): YamlResult {
  const counter = new LineCounter()
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: false, lineCounter: counter })
  const [fault] = [...document.errors, ...document.warnings]
  // only where, never what: the text around it may be a secret
  if (fault) return { ok: false, message: `not readable as YAML: ${fault.code} at ${place(counter, fault.pos[0])}` }
  const lines = new Map<string, number>()
  const odd = collectLines(document.contents, '', counter, lines)
  if (odd) return { ok: false, message: odd }
  const value: unknown = document.toJS()
  return { ok: true, value, lines }
}

const place = (counter: LineCounter, offset: number): string => {
  const { line, col } = counter.linePos(offset)
  return `line ${line}, column ${col}`
}

function collectLines(
  node: Node | null,
  path: string,
  counter: LineCounter,
  lines: Map<string, number>,
): string | undefined {
  if (!node) return undefined
  const start = node.range?.[0] ?? 0
  lines.set(path, counter.linePos(start).line)
  const below = (step: string | number) => (path === '' ? String(step) : `${path}.${step}`)
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? key.value : undefined
      if (typeof name !== 'string' || name === '__proto__')
        return `must have names as keys, at ${place(counter, isScalar(key) ? (key.range?.[0] ?? start) : start)}`
      const odd = collectLines(value as Node | null, below(name), counter, lines) // items of a parsed document are nodes
      if (odd) return odd
    }
    return undefined
  }
  if (isSeq(node)) {
    for (const [i, item] of node.items.entries()) {
      const odd = collectLines(item as Node | null, below(i), counter, lines) // as above
      if (odd) return odd
    }
    return undefined
  }
  return isScalar(node) ? undefined : `must not use an alias, at ${place(counter, start)}`
}
