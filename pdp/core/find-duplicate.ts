/**
 * The JSON Pointer of the first member that repeats a name of its object, or '' if none does.
 * Only for messages: slow, and the text must be well-formed JSON.
 */
export function findDuplicate(text: string): string {
  const path: { readonly names: Set<string> | undefined; step: string | number }[] = []
  let string = ''
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/gs)) {
    const top = path.at(-1)
    if (token === '{') path.push({ names: new Set(), step: '' })
    else if (token === '[') path.push({ names: undefined, step: 0 })
    else if (token === '}' || token === ']') path.pop()
    else if (token === ',' && typeof top?.step === 'number') top.step++
    else if (token === ':' && top?.names) {
      top.step = JSON.parse(string) as string
      if (top.names.has(top.step)) return path.map(({ step }) => `/${step}`).join('')
      top.names.add(top.step)
    } else if (token.startsWith('"')) string = token
  }
  return ''
}
