import { clauses } from '../../core/clause.ts'
import type { RequestFacts } from '../../core/request-facts.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { type InnerList, type Item, writeInnerList, writeItem } from '../../core/structured-field.ts'

export const signatureBaseClauses = clauses({
  component: 'rfc9421-2-component-known',
  parameter: 'rfc9421-2.1-component-parameter',
  once: 'rfc9421-2.5-component-once',
  present: 'rfc9421-2.5-component-present',
  ascii: 'rfc9421-2.5-ascii',
  query: 'rfc9421-2.2.8-query-param',
})

/** A request as a signature sees it. `origin`: of the service, as callers address it, never what a header says. */
export interface SignedRequest {
  readonly request: RequestFacts
  readonly origin: string
  readonly headerValues: (name: string) => readonly string[]
}

const targetOf = ({ rawPath, rawQuery }: RequestFacts): string =>
  rawQuery === undefined ? rawPath : `${rawPath}?${rawQuery}`

/** Derived components of a request (§2.2) that have no parameters. */
const derived: Readonly<Record<string, (signed: SignedRequest) => string>> = {
  '@method': ({ request }) => request.method,
  '@target-uri': ({ request, origin }) => `${origin}${targetOf(request)}`,
  '@authority': ({ origin }) => origin.slice(origin.indexOf('//') + 2),
  '@scheme': ({ origin }) => origin.slice(0, origin.indexOf(':')),
  '@request-target': ({ request }) => targetOf(request),
  '@path': ({ request }) => request.rawPath,
  '@query': ({ request }) => `?${request.rawQuery ?? ''}`,
}

/** Components whose value depends on the origin. */
export const originComponents: ReadonlySet<string> = new Set(['@target-uri', '@authority', '@scheme'])

/** The name of a covered component; undefined for an item that names none. */
export const componentName = ({ bare }: Item): string | undefined => (bare.kind === 'string' ? bare.value : undefined)

/** The value of one component of a request, or why it has none. */
export function requestComponent(component: Item, signed: SignedRequest): Result<string> {
  const name = componentName(component)
  if (name === undefined || name !== name.toLowerCase()) return unknown
  if (name === '@query-param') return queryParameter(component, signed.request)
  if (component.parameters.size > 0) {
    return bad(signatureBaseClauses.parameter, 'parameters of covered components are not accepted')
  }
  if (name.startsWith('@')) {
    const read = Object.hasOwn(derived, name) ? derived[name] : undefined
    return read ? ok(read(signed)) : unknown
  }
  const values = signed.headerValues(name)
  return values.length > 0 ? ok(values.map((value) => value.replaceAll(/^[ \t]+|[ \t]+$/g, '')).join(', ')) : absent
}

/**
 * The text that a signature is over (RFC 9421 §2.5). `valueOf` answers the value of a component; a component that is
 * covered twice, or whose value is not ASCII, has none.
 */
export function signatureBase(input: InnerList, valueOf: (component: Item) => Result<string>): Result<string> {
  const lines: string[] = []
  const seen = new Set<string>()
  for (const component of input.items) {
    const id = writeItem(component)
    if (seen.has(id)) return bad(signatureBaseClauses.once, 'a component is covered twice')
    seen.add(id)
    const value = valueOf(component)
    if (!value.ok) return value
    if (/[^\x20-\x7e\t]/.test(value.value)) return bad(signatureBaseClauses.ascii, 'a covered component is not ASCII')
    lines.push(`${id}: ${value.value}`)
  }
  lines.push(`"@signature-params": ${writeInnerList(input)}`)
  return ok(lines.join('\n'))
}

type BaseClause = (typeof signatureBaseClauses)[keyof typeof signatureBaseClauses]

const bad = (clause: BaseClause, detail: string): Refusal => refuse('PROOF_INVALID', clause, detail)

const unknown = bad(signatureBaseClauses.component, 'a covered component is not one of a request')
const absent = bad(
  signatureBaseClauses.present,
  'a covered header is not here: send it, or list it in covered_headers of the service',
)

/** §2.2.8: one parameter of the query, by its name; one that stands twice cannot be meant. */
function queryParameter({ parameters }: Item, { rawQuery = '' }: RequestFacts): Result<string> {
  const name = parameters.get('name')
  if (parameters.size !== 1 || name?.kind !== 'string') {
    return bad(signatureBaseClauses.query, 'a query parameter is covered by its name alone')
  }
  const values = rawQuery.split('&').flatMap((pair) => {
    const equals = pair.indexOf('=')
    const [key, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
    return rewritten(key) === name.value ? [rewritten(value)] : []
  })
  const [value, second] = values
  return value !== undefined && second === undefined
    ? ok(value)
    : bad(signatureBaseClauses.query, 'a covered query parameter must stand in the query once')
}

/** Decoded as a form, and encoded again in one way: `application/x-www-form-urlencoded`, with `%20` for a space. */
function rewritten(text: string): string | undefined {
  try {
    return encodeURIComponent(decodeURIComponent(text.replaceAll('+', ' '))).replaceAll(
      /[!'()~]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    )
  } catch {
    return undefined
  }
}
