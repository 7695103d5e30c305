import { functions } from './functions.ts'
import { lex, type Token } from './lex.ts'
import { readCharacter, readNumber, unquote } from './literals.ts'
import type { Body, Operand, Part, Pipe } from './tree.ts'

export interface Template {
  readonly main: Body
  readonly named: ReadonlyMap<string, Body>
}

const controls: readonly string[] = ['if', 'with', 'range']
const maximumDepth = 500

/** Reads a template as Go's text/template. Throws where that refuses it. */
export function parse(source: string): Template {
  const tokens = lex(source)
  const named = new Map<string, Body>()
  let at = 0
  let variables: string[] = ['$']
  let ranges = 0
  let depth = 0

  const peek = (): Token | undefined => tokens[at]
  function skipSpace(): Token | undefined {
    while (tokens[at]?.kind === 'space') at++
    return tokens[at]
  }
  function next(): Token | undefined {
    const token = skipSpace()
    at++
    return token
  }
  function expect(kind: Token['kind']): void {
    if (next()?.kind !== kind) throw new Error(`expected ${kind}`)
  }

  const main = parseBody(true).body
  return { main, named }

  /** Parts up to the word that ends them, which is taken; `end` or `else`, or the end of the text. */
  function parseBody(top = false): { readonly body: Body; readonly end: 'end' | 'else' } {
    if (++depth > maximumDepth) throw new RangeError('nested too deeply')
    const body: Part[] = []
    for (let token = next(); token; token = next()) {
      if (token.kind === 'text') {
        body.push({ kind: 'text', text: token.value })
        continue
      }
      if (token.kind !== 'open') throw new Error('unexpected')
      const word = skipSpace()
      if (word?.kind === 'word' && (word.value === 'end' || word.value === 'else')) {
        at++
        if (top) throw new Error('nothing to end')
        const following = skipSpace()?.value
        if (word.value === 'end' || !(following === 'if' || following === 'with')) expect('close')
        depth--
        return { body, end: word.value }
      }
      if (word?.kind === 'word' && word.value === 'define' && top) parseDefinition()
      else body.push(parseAction())
    }
    if (!top) throw new Error('unexpected end')
    depth--
    return { body, end: 'end' }
  }

  function parseDefinition(): void {
    at++
    const name = parseName()
    expect('close')
    define(
      name,
      scoped(() => parseBody()),
    )
  }

  /** A body with variables of its own. */
  function scoped(read: () => { readonly body: Body; readonly end: string }): Body {
    const [before, beforeRanges] = [variables, ranges]
    ;[variables, ranges] = [['$'], 0]
    const { body, end } = read()
    ;[variables, ranges] = [before, beforeRanges]
    if (end !== 'end') throw new Error('an else of nothing')
    return body
  }

  function define(name: string, body: Body): void {
    const before = named.get(name)
    if (before && !isEmpty(before)) {
      if (!isEmpty(body)) throw new Error('defined twice')
      return
    }
    named.set(name, body)
  }

  function parseName(): string {
    const token = next()
    if (token?.kind !== 'string' && token?.kind !== 'raw') throw new Error('a name is a string')
    return unquote(token.value)
  }

  function parseAction(): Part {
    const word = skipSpace()
    if (word?.kind === 'word') {
      const { value } = word
      if (controls.includes(value)) return parseControl()
      if (value === 'break' || value === 'continue') {
        at++
        expect('close')
        if (ranges === 0) throw new Error(`${value} outside of a range`)
        return { kind: value }
      }
      if (value === 'template' || value === 'block') return parseTemplate(value === 'block')
    }
    return { kind: 'action', pipe: parsePipe('close') }
  }

  function parseTemplate(isBlock: boolean): Part {
    at++
    const name = parseName()
    const none = !isBlock && skipSpace()?.kind === 'close'
    const pipe = none ? undefined : parsePipe('close')
    if (none) expect('close')
    if (isBlock)
      define(
        name,
        scoped(() => parseBody()),
      )
    return { kind: 'template', name, pipe }
  }

  function parseControl(): Part {
    const word = next()?.value
    const kind = word === 'range' || word === 'with' ? word : 'if'
    const known = variables.length
    const pipe = parsePipe('close', kind === 'range')
    if (kind === 'range') ranges++
    const { body, end } = parseBody()
    if (kind === 'range') ranges--
    let otherwise: Body = []
    if (end === 'else') {
      const following = peek()?.kind === 'space' ? skipSpace() : peek()
      if (following?.kind === 'word' && following.value === kind && kind !== 'range') otherwise = [parseControl()]
      else if (following?.kind === 'word' && tokens[at - 1]?.kind !== 'close') throw new Error('unexpected after else')
      else {
        const rest = parseBody()
        if (rest.end !== 'end') throw new Error('a second else')
        otherwise = rest.body
      }
    }
    variables.length = known
    return { kind, pipe, body, otherwise }
  }

  function parsePipe(end: Token['kind'], isRange = false): Pipe {
    if (++depth > maximumDepth) throw new RangeError('nested too deeply')
    const { names, assigns } = parseVariables(isRange)
    const commands: (readonly Operand[])[] = []
    for (;;) {
      const token = skipSpace()
      if (token?.kind === end) break
      commands.push(parseCommand())
    }
    at++
    depth--
    if (commands.length === 0) throw new Error('a value is missing')
    for (const [first] of commands.slice(1))
      if (first && ['literal', 'nil', 'dot'].includes(first.kind)) throw new Error('not to be called')
    return { variables: names, assigns, commands }
  }

  function parseVariables(isRange: boolean): { readonly names: readonly string[]; readonly assigns: boolean } {
    const start = at
    const names: string[] = []
    for (let token = skipSpace(); token?.kind === 'variable'; token = skipSpace()) {
      at++
      const following = skipSpace()
      if (following?.kind === '=' || following?.kind === ':=') {
        at++
        names.push(token.value)
        variables.push(...names)
        return { names, assigns: following.kind === '=' }
      }
      if (following?.kind !== ',') break
      if (!isRange || names.length > 0) throw new Error('too many variables')
      at++
      names.push(token.value)
    }
    if (names.length > 0) throw new Error('variables without a value')
    at = start
    return { names: [], assigns: false }
  }

  function parseCommand(): readonly Operand[] {
    const operands: Operand[] = []
    for (;;) {
      skipSpace()
      const operand = parseOperand()
      if (operand) operands.push(operand)
      const token = peek()
      if (token?.kind === 'space') {
        at++
        continue
      }
      if (token?.kind === '|') at++
      else if (token?.kind !== 'close' && token?.kind !== ')') throw new Error('unexpected')
      break
    }
    if (operands.length === 0) throw new Error('an empty command')
    return operands
  }

  function parseOperand(): Operand | undefined {
    const term = parseTerm()
    if (!term || peek()?.kind !== 'field') return term
    const fields: string[] = []
    for (let token = peek(); token?.kind === 'field'; token = peek()) {
      fields.push(token.value.slice(1))
      at++
    }
    if (term.kind === 'field' || term.kind === 'variable' || term.kind === 'pipe')
      return { ...term, fields: [...term.fields, ...fields] }
    if (term.kind !== 'function') throw new Error('no fields of this')
    return { kind: 'chain', of: term, fields }
  }

  function parseTerm(): Operand | undefined {
    const token = peek()
    if (!token) return undefined
    const { kind, value } = token
    if (kind === '(') {
      at++
      return { kind: 'pipe', pipe: parsePipe(')'), fields: [] }
    }
    if (kind === 'variable' && !variables.includes(value)) throw new Error('an unknown variable')
    const operand = operandOf(token)
    if (operand) at++
    return operand
  }
}

function operandOf({ kind, value }: Token): Operand | undefined {
  if (kind === 'word') return wordOperand(value)
  if (kind === '.') return { kind: 'dot' }
  if (kind === 'field') return { kind: 'field', fields: [value.slice(1)] }
  if (kind === 'variable') return { kind: 'variable', name: value, fields: [] }
  if (kind === 'number') return { kind: 'literal', value: readNumber(value) }
  if (kind === 'char') return { kind: 'literal', value: readCharacter(value) }
  return kind === 'string' || kind === 'raw' ? { kind: 'literal', value: unquote(value) } : undefined
}

function wordOperand(word: string): Operand {
  if (word === 'true' || word === 'false') return { kind: 'literal', value: word === 'true' }
  if (word === 'nil') return { kind: 'nil' }
  if (!Object.hasOwn(functions, word)) throw new Error('an unknown function')
  return { kind: 'function', name: word }
}

const isEmpty = (body: Body): boolean => body.every((part) => part.kind === 'text' && part.text.trim() === '')
