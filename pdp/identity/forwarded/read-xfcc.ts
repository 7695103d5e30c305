import { clauses } from '../../core/clause.ts'
import { isArray, isObject, type JsonValue } from '../../core/json.ts'
import { readJson } from '../../core/read-json.ts'
import { ok, type Result, refuse } from '../../core/result.ts'

export const readXfccClauses = clauses({
  form: 'xfcc-element-form',
  key: 'xfcc-key-known',
  once: 'xfcc-key-once',
  count: 'xfcc-element-count',
})

/**
 * One element of `X-Forwarded-Client-Cert`: what one proxy says about its own certificate (`by`) and that of its client.
 * Quotes are taken off; `cert` and `chain` are PEM, in percent-encoding still where the proxy wrote text, and plain where
 * it wrote JSON, which decoding leaves as it is: PEM has no percent sign. Nothing in it is checked. The client's names
 * stand in its certificate, so those of the element (`Subject`, `Issuer`, `URI`, `DNS`) are read over.
 */
export interface XfccElement {
  readonly by: readonly string[]
  readonly hash?: string
  readonly cert?: string
  readonly chain?: string
}

type Pair = readonly [key: string, value: string]

/** Every key, and whether it may stand more than once: a certificate has several names of one kind. */
const keys: Readonly<Record<string, 'once' | 'repeated'>> = {
  by: 'repeated',
  hash: 'once',
  cert: 'once',
  chain: 'once',
  subject: 'once',
  issuer: 'once',
  uri: 'repeated',
  dns: 'repeated',
}

const maximumElements = 16
const maximumCharacters = 65_536

const malformed = (clause: (typeof readXfccClauses)[keyof typeof readXfccClauses], detail: string) =>
  refuse('CREDENTIAL_MALFORMED', clause, `X-Forwarded-Client-Cert: ${detail}`)

/**
 * Reads the elements of the header, the one of the last proxy last, in the text form or in the JSON form, an array of
 * objects with the same keys. Strict: names in certificates are chosen by those who ask for them, and Envoy does not quote
 * those it appends, so that anything read in two ways is refused. Errors: CREDENTIAL_MALFORMED.
 */
export function readXfcc(header: string): Result<readonly [XfccElement, ...XfccElement[]]> {
  if (header.length > maximumCharacters) return tooMany
  const read = header.startsWith('[') ? readJsonForm(header) : readTextForm(header)
  if (!read.ok) return read
  if (read.value.length > maximumElements) return tooMany
  const elements: XfccElement[] = []
  for (const pairs of read.value) {
    const element = elementOf(pairs)
    if (!element.ok) return element
    elements.push(element.value)
  }
  const [first, ...others] = elements
  return first ? ok([first, ...others]) : noElement
}

const tooMany = malformed(readXfccClauses.count, `at most ${maximumElements} elements`)
const noElement = malformed(readXfccClauses.form, 'has no element')

// a key, `=`, a value: quoted, with a backslash before whatever it protects, or without anything that would need quotes;
// then `;` and another pair, or `,` and another element, or the end
const pair = /([A-Za-z]+)=(?:"((?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*)"|([!#-+\--:<-~]*))(;|[ \t]*,[ \t]*|$)/y

function readTextForm(header: string): Result<readonly (readonly Pair[])[]> {
  const elements: Pair[][] = [[]]
  const next = new RegExp(pair)
  for (let separator = ','; separator !== ''; ) {
    const found = next.exec(header)
    if (!found) return malformed(readXfccClauses.form, 'must be key=value pairs, quoted where they hold , ; or "')
    const [, key = '', quoted, bare = '', end = ''] = found
    elements.at(-1)?.push([key.toLowerCase(), quoted === undefined ? bare : quoted.replaceAll(/\\(.)/gs, '$1')])
    if (end.includes(',')) elements.push([])
    separator = end
  }
  return ok(elements)
}

const jsonLimits = {
  length: maximumCharacters,
  depth: 3,
  membersPerObject: 16,
  members: 512,
  stringLength: maximumCharacters,
}

function readJsonForm(header: string): Result<readonly (readonly Pair[])[]> {
  const read = readJson(header, jsonLimits, 'CREDENTIAL_MALFORMED')
  if (!read.ok) return read
  const elements: Pair[][] = []
  for (const element of isArray(read.value) ? read.value : []) {
    const pairs = isObject(element) ? Object.entries(element).map(([key, value]) => pairsOf(key, value)) : [undefined]
    if (!pairs.every((each) => each !== undefined)) {
      return malformed(readXfccClauses.form, 'must be an array of objects with texts, or lists of texts')
    }
    elements.push(pairs.flat())
  }
  return ok(elements)
}

/** Envoy lists the certificates of a chain; in the text form they are one text. */
function pairsOf(key: string, value: JsonValue): readonly Pair[] | undefined {
  const values: readonly JsonValue[] = isArray(value) ? value : [value]
  if (!values.every((each) => typeof each === 'string')) return undefined
  const name = key.toLowerCase()
  return name === 'chain' ? [[name, values.join('')]] : values.map((each) => [name, each])
}

function elementOf(pairs: readonly Pair[]): Result<XfccElement> {
  const values = Map.groupBy(pairs, ([key]) => key)
  for (const [key, found] of values) {
    const may = Object.hasOwn(keys, key) ? keys[key] : undefined
    if (may === undefined) return malformed(readXfccClauses.key, 'has a key that is not known')
    if (may === 'once' && found.length > 1) return malformed(readXfccClauses.once, `an element has two \`${key}\``)
  }
  // Envoy writes `URI=` where there is none
  const all = (key: string) => (values.get(key) ?? []).map(([, value]) => value).filter((value) => value !== '')
  const [[hash], [cert], [chain]] = [all('hash'), all('cert'), all('chain')]
  return ok({
    by: all('by'),
    ...(hash !== undefined && { hash }),
    ...(cert !== undefined && { cert }),
    ...(chain !== undefined && { chain }),
  })
}
