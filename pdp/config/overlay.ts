import type { ConfigProblem } from './config-problem.ts'
import { unknownMember } from './config-problem.ts'
import { knownMembers } from './known-members.ts'
import { readYaml } from './read-yaml.ts'

/** One setting from outside the file: where it goes, what it is, and who said it. */
export interface Setting {
  readonly path: readonly string[]
  readonly value: unknown
  readonly from: string
}

export interface Settings {
  readonly settings: readonly Setting[]
  readonly problems: readonly ConfigProblem[]
}

const prefix = 'SALLYPORT_'

/** Names that say where the file is, not what is in it, and those that `sallyport run` gives to what it runs. */
const ofTheCommand = ['SALLYPORT_CONFIG', 'SALLYPORT_URL', 'SALLYPORT_PEP_KEY', 'SALLYPORT_DEV']

/** What Kubernetes sets in every pod beside a Service whose name begins with `sallyport`. */
const serviceLink =
  /^SALLYPORT_(?:[A-Z0-9_]+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/

/**
 * Reads settings from the environment. One rule: `SALLYPORT_`, then the path in upper case with `__` between names and
 * `_` for a dash in a name that the operator chose; the value is YAML. `SALLYPORT_LISTEN__DECISIONS=127.0.0.1:7070`.
 */
export function readEnvironment(environment: Readonly<Record<string, string | undefined>>): Settings {
  const names = Object.keys(environment).filter(
    (name) => name.startsWith(prefix) && !ofTheCommand.includes(name) && !serviceLink.test(name),
  )
  return collect(
    names.sort().map((name) => ({
      steps: name.slice(prefix.length).toLowerCase().split('__'),
      text: environment[name] ?? '',
      from: name,
    })),
    '_',
  )
}

/** Reads settings from flags, `listen.decisions=127.0.0.1:7070`; the value is YAML. */
export function readFlags(flags: readonly string[]): Settings {
  const parts = flags.map((flag) => {
    const equals = flag.indexOf('=')
    const path = equals < 0 ? flag : flag.slice(0, equals)
    return { steps: path.split('.'), text: equals < 0 ? undefined : flag.slice(equals + 1), from: `--set ${path}` }
  })
  return collect(parts, '-')
}

interface Given {
  readonly steps: readonly string[]
  readonly text: string | undefined
  readonly from: string
}

function collect(given: readonly Given[], dash: '_' | '-'): Settings {
  const settings: Setting[] = []
  const problems: ConfigProblem[] = []
  for (const { steps, text, from } of given) {
    const path = pathOf(steps, dash)
    if (typeof path === 'string') {
      problems.push({ at: from, message: path })
      continue
    }
    const read = text === undefined ? undefined : readYaml(text)
    if (!read) problems.push({ at: from, message: 'must be PATH=VALUE' })
    else if (!read.ok) problems.push({ at: from, message: read.message })
    else settings.push({ path, value: read.value, from })
  }
  return { settings, problems }
}

/** The path that steps name in the schema, or what is wrong with them. */
function pathOf(steps: readonly string[], dash: '_' | '-'): readonly string[] | string {
  const path: string[] = []
  for (const step of steps) {
    const { names, open } = knownMembers(path)
    if (names.includes(step)) path.push(step)
    else if (open && step !== '' && step !== '__proto__') path.push(step.replaceAll(dash, '-'))
    else if (names.length > 0) return unknownMember(path, step)
    else return 'leads into a value: set the whole of it'
  }
  return path
}

/** The value with settings laid over it; members are merged, anything else is replaced. The value is left as it is. */
export function layOver(value: unknown, settings: readonly Setting[]): unknown {
  return settings.reduce((base, { path, value: set }) => setAt(base, path, set), value)
}

function setAt(base: unknown, path: readonly string[], value: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return value
  const members = isMembers(base) ? base : {}
  return { ...members, [step]: setAt(Object.hasOwn(members, step) ? members[step] : undefined, rest, value) }
}

const isMembers = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
