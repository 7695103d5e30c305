/** A line of the Common Event Format, taken apart by its grammar: seven header fields, then `key=value` pairs. */
export interface CefLine {
  readonly header: readonly string[]
  readonly extension: ReadonlyMap<string, string>
}

const header = /^CEF:0\|((?:[^|\\\n\r]|\\[|\\])*\|){6}/
const key = /^[A-Za-z][A-Za-z0-9]*$/

/** Keys of the dictionary of extensions, with the type and the longest value each may have. */
const dictionary: Readonly<Record<string, RegExp>> = {
  rt: /^[0-9]{1,15}$/,
  externalId: /^.{1,40}$/,
  act: /^.{1,63}$/,
  outcome: /^.{1,63}$/,
  reason: /^.{1,1023}$/,
  msg: /^.{1,1023}$/s,
  suser: /^.{1,1023}$/,
  requestMethod: /^.{1,1023}$/,
  dhost: /^.{1,1023}$/,
  request: /^.{1,1023}$/,
  cn1: /^-?[0-9]{1,19}$/,
}
const label = /^c[sn][1-6]Label$/
const custom = /^cs[1-6]$/

/** Reads a line; throws for one that the grammar or the dictionary does not have. */
export function parseCef(line: string): CefLine {
  const head = header.exec(line)?.[0]
  if (head === undefined) throw new Error('no header of seven fields')
  const fields = head
    .slice('CEF:'.length, -1)
    .split(/(?<!\\)\|/)
    .map((field) => field.replaceAll(/\\([|\\])/g, '$1'))
  if (!/^(?:[0-9]|10)$/.test(fields[6] ?? '')) throw new Error('no severity from 0 to 10')
  const extension = new Map<string, string>()
  // a pair begins after a blank with a key and a sign that is not escaped
  for (const pair of line.slice(head.length).split(/ (?=[A-Za-z][A-Za-z0-9]*=)/)) {
    const at = pair.indexOf('=')
    const [name, raw] = [pair.slice(0, at), pair.slice(at + 1)]
    if (at < 1 || !key.test(name)) throw new Error(`\`${name}\` is no key`)
    if (!/^(?:[^\\=\n\r]|\\[\\=nr])*$/.test(raw)) throw new Error(`the value of ${name} is not escaped`)
    const value = raw.replaceAll(/\\([\\=])/g, '$1')
    if (extension.has(name)) throw new Error(`${name} stands twice`)
    const form = dictionary[name] ?? (label.test(name) || custom.test(name) ? /^.{1,4000}$/ : undefined)
    if (!form?.test(value)) throw new Error(`${name} is not in the dictionary, or its value is not of its type`)
    extension.set(name, value)
  }
  for (const name of extension.keys())
    if (/^c[sn][1-6]$/.test(name) !== extension.has(`${name}Label`) && !label.test(name))
      throw new Error(`${name} has no label`)
  return { header: fields, extension }
}
