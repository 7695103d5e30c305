import { isObjectValue } from '../value.ts'
import type { Builtin } from './builtin.ts'
import { readGoJson } from './read-go-json.ts'
import { execute } from './template/execute.ts'
import { hold } from './template/held.ts'
import { parse } from './template/parse.ts'
import { valueText } from './value-text.ts'

/**
 * `strings.render_template`: Go's text/template over an object. As in OPA, the data goes through its printed text, so
 * that a set or a key that is no string leaves the result undefined, and numbers are text to comparisons.
 */
export const stringsRenderTemplate: Builtin = {
  name: 'strings.render_template',
  call(template, variables) {
    if (typeof template !== 'string' || !isObjectValue(variables)) return undefined
    const data = hold(readGoJson(valueText(variables)))
    return execute(parse(template), data).replaceAll('<no value>', '<undefined>')
  },
}
