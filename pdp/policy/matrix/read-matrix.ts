import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document, visit } from 'yaml'
import { z } from 'zod'
import { didYouMean } from '../../core/did-you-mean.ts'
import { readRfc3339 } from '../../core/time.ts'
import { policyInputSchema } from '../input-schema.ts'

const input = policyInputSchema.unwrap().shape
const subject = input.subject.unwrap().unwrap()
const proved = subject.shape.assurance.unwrap().shape
const text = z.string().min(1)

const assurance = z.strictObject({
  level: proved.level.exactOptional(),
  possession: proved.possession.exactOptional(),
  audience_bound: proved.audience_bound.exactOptional(),
  single_use: proved.single_use.exactOptional(),
  attested: proved.attested.exactOptional(),
  lifetime_s: proved.lifetime_s.exactOptional(),
  age_s: proved.age_s.exactOptional(),
})

const caller = z.strictObject({
  id: text,
  issuer: text.exactOptional(),
  trust_domain: text.exactOptional(),
  path: text.exactOptional(),
  methods: subject.shape.methods.exactOptional(),
  assurance: assurance.exactOptional(),
})

/** What of a caller matters here; what is left out is as unproved as can be. */
const principal = z.strictObject({
  subject: caller.exactOptional(),
  attested: input.attested.exactOptional(),
  attested_sources: input.attested_sources.exactOptional(),
  verified: input.verified.exactOptional(),
  delegation: input.delegation.exactOptional(),
})

const resource = z.strictObject({ type: text, id: text, properties: z.record(z.string(), z.json()).exactOptional() })

const schema = z.strictObject({
  entrypoint: text.exactOptional(),
  now: text.refine((time) => readRfc3339(time) !== undefined, 'must be a time such as 2026-03-02T13:30:00Z'),
  input: z
    .strictObject({
      service: input.service.exactOptional(),
      pep: input.pep.exactOptional(),
      context: input.context.exactOptional(),
      request: input.request,
    })
    .exactOptional(),
  principals: z.record(text, principal).refine(isFilled, 'must name somebody'),
  resources: z.record(text, resource).refine(isFilled, 'must name something'),
  actions: z.array(text).min(1),
  allow: z.record(text, z.record(text, z.array(text).min(1))),
})

function isFilled(record: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(record).length > 0
}

/** A table of who may do what with what: `allow` lists principals, their resources and actions; all else must be denied. */
export type Matrix = z.output<typeof schema>

/** Where something stands in a file, counted from 1. */
export interface Place {
  readonly row: number
  readonly col: number
}

export type MatrixResult =
  | { readonly ok: true; readonly value: Matrix; readonly placeOf: (path: readonly PropertyKey[]) => Place }
  | { readonly ok: false; readonly problems: readonly (Place & { readonly message: string })[] }

/** Reads a matrix of a `*_test.yaml`. All problems at once, each with its place. */
export function readMatrix(source: string): MatrixResult {
  const counter = new LineCounter()
  const document = parseDocument(source, { uniqueKeys: true, prettyErrors: false, lineCounter: counter })
  const at = (offset: number): Place => {
    const { line, col } = counter.linePos(offset)
    return { row: Math.max(line, 1), col: Math.max(col, 1) }
  }
  const placeOf = (path: readonly PropertyKey[]) => at(offsetOf(document, path))
  const faults = [...document.errors, ...document.warnings]
  if (faults.length > 0)
    return { ok: false, problems: faults.map(({ pos, code }) => ({ ...at(pos[0]), message: `not YAML: ${code}` })) }
  const alias = aliasIn(document)
  if (alias !== undefined)
    return { ok: false, problems: [{ ...at(alias), message: 'aliases would hide what a row says' }] }
  const parsed = schema.safeParse(document.toJS())
  const problems = parsed.success ? strangers(parsed.data) : parsed.error.issues.flatMap(problemsOf)
  if (parsed.success && problems.length === 0) return { ok: true, value: parsed.data, placeOf }
  return { ok: false, problems: problems.map(({ path, message }) => ({ ...placeOf(path), message })) }
}

function aliasIn(document: Document): number | undefined {
  let found: number | undefined
  visit(document, {
    Alias(_, node) {
      found = node.range?.[0] ?? 0
      return visit.BREAK
    },
  })
  return found
}

interface Problem {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

function problemsOf(issue: z.core.$ZodIssue): readonly Problem[] {
  if (issue.code !== 'unrecognized_keys')
    return [{ path: issue.path, message: `${nameOf(issue.path)}: ${issue.message}` }]
  return issue.keys.map((key) => {
    const path = [...issue.path, key]
    return { path, message: `${nameOf(path)}: is nothing that a matrix has${meant(key, membersOf(issue.path))}` }
  })
}

const nameOf = (path: readonly PropertyKey[]): string => (path.length === 0 ? 'a matrix' : path.join('.'))

/** The names that may stand at a path. */
function membersOf([first, , third, fourth]: readonly PropertyKey[]): readonly string[] {
  if (first === undefined) return Object.keys(schema.shape)
  if (first === 'resources') return Object.keys(resource.shape)
  if (first === 'input') return ['service', 'pep', 'context', 'request']
  if (fourth === 'assurance') return Object.keys(assurance.shape)
  return third === 'subject' ? Object.keys(caller.shape) : Object.keys(principal.shape)
}

/** What `allow` names and nothing else does. */
function strangers({ allow, principals, resources, actions }: Matrix): readonly Problem[] {
  const known = { principal: Object.keys(principals), resource: Object.keys(resources), action: actions }
  const strange = (path: readonly PropertyKey[], what: keyof typeof known, name: string): readonly Problem[] =>
    known[what].includes(name)
      ? []
      : [{ path, message: `${nameOf(path)}: there is no ${what} ${name}${meant(name, known[what])}` }]
  return Object.entries(allow).flatMap(([who, rights]) => [
    ...strange(['allow', who], 'principal', who),
    ...Object.entries(rights).flatMap(([what, names]) => [
      ...strange(['allow', who, what], 'resource', what),
      ...names.flatMap((name, i) => strange(['allow', who, what, i], 'action', name)),
    ]),
  ])
}

function meant(name: string, candidates: readonly string[]): string {
  const near = didYouMean(name, candidates)
  return near === undefined ? '' : `; did you mean ${near}?`
}

/** Where what a path leads to begins: of a member its name. The nearest that is there, where it is not. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step)
      if (!pair) return offset
      offset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset
      node = pair.value
    } else {
      const item: unknown = document.getIn(path.slice(0, path.indexOf(step) + 1), true)
      if (!isNode(item)) return offset
      offset = item.range?.[0] ?? offset
      node = item
    }
  }
  return offset
}
