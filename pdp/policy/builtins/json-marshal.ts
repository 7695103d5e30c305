import { isObjectValue } from '../value.ts'
import type { Builtin } from './builtin.ts'
import { writeGoJson } from './write-go-json.ts'

/** `json.marshal_with_options`: JSON text, in lines where `pretty` says so or `prefix` or `indent` is given. */
export const jsonMarshalWithOptions: Builtin = {
  name: 'json.marshal_with_options',
  call(value, options) {
    if (value === undefined || !isObjectValue(options)) return undefined
    let [prefix, indent] = ['', '\t']
    let pretty: boolean | undefined
    let given = false
    for (const [name, option] of options.entries) {
      if (name === 'pretty' && typeof option === 'boolean') pretty = option
      else if (name === 'prefix' && typeof option === 'string') [prefix, given] = [option, true]
      else if (name === 'indent' && typeof option === 'string') [indent, given] = [option, true]
      else return undefined
    }
    const text = writeGoJson(value)
    return (pretty ?? given) ? prefix + indented(text, prefix, indent) : text
  },
}

/** Go's `json.Indent` over compact JSON: `prefix` begins every line but the first, and what is empty stays on its line. */
function indented(text: string, prefix: string, indent: string): string {
  let depth = 0
  const line = (): string => `\n${prefix}${indent.repeat(depth)}`
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|\[\]|\{\}|[[\]{},:]/g, (token) => {
    if (token === '[' || token === '{') {
      depth++
      return token + line()
    }
    if (token === ']' || token === '}') {
      depth--
      return line() + token
    }
    if (token === ',') return token + line()
    return token === ':' ? ': ' : token
  })
}
