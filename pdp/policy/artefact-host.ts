import type {
  ArtefactAnswer,
  ArtefactHost,
  ArtefactQuestion,
  GivenArtefact,
  RuleCoverage,
} from '../core/artefact-host.ts'
import { isObject, type JsonObject, type JsonValue } from '../core/json.ts'
import type { DecisionId } from '../core/frame.ts'
import { instant } from '../core/time.ts'
import { type PolicyModule, readModule } from './abi.ts'
import type { Builtin } from './builtins/builtin.ts'
import { builtins } from './builtins/list.ts'
import { coverRules, globalOfRule } from './cover-rules.ts'
import { readBundleData } from './bundle-data.ts'
import { sortBundleFiles } from './bundle-files.ts'
import { createEvaluationContext } from './evaluation-context.ts'
import { type Instance, startInstance } from './instance.ts'
import { readManifest } from './manifest.ts'
import { readValue } from './read-value.ts'
import { unpackBundle } from './unpack-bundle.ts'

// Loaded into the thread of the toolchain by the URL below, so that tests of a policy call the module that is shipped,
// evaluated as the decision point evaluates it.

/** Where the toolchain finds `openArtefact`. */
export const artefactHost: string = import.meta.url

type Override = ArtefactQuestion['overrides'][number]

const limits = { input: 16 * 1_048_576, working: 256 * 1_048_576 }
const manyInstances = 16
const random = new Set(['rand.intn', 'uuid.rfc4122'])

/**
 * Opens a bundle that this very build made: no signature is looked at. Rejects where it cannot be evaluated. Questions
 * and answers are JSON, and come and go on one thread.
 */
export async function openArtefact({ archive, coverage }: GivenArtefact): Promise<ArtefactHost> {
  const { wasm, module, data } = await readArtefact(archive)
  const instanceFor = createInstances(module, data)
  const covering = coverage ? await createCovering(wasm, data) : undefined
  return {
    evaluate(question) {
      const asked = JSON.parse(question) as ArtefactQuestion // of the toolchain, whose build this one belongs to
      try {
        covering?.ask(asked)
        return JSON.stringify(answer(asked, instanceFor(asked)))
      } catch (error) {
        return JSON.stringify({ error: error instanceof Error ? error.message : 'unknown' } satisfies ArtefactAnswer)
      }
    },
    ...(covering && { rules: covering.rules }),
  }
}

/** Asks a copy of the module the same, in which rules say that they were called: the answers stay those of the one that is shipped. */
async function createCovering(wasm: Uint8Array, data: JsonObject) {
  const covered = coverRules(wasm)
  if (!covered) return undefined
  const instanceFor = createInstances(taken(await readModule(covered.wasm)), data)
  const called = new Set<number>()
  return {
    ask(question: ArtefactQuestion): void {
      const instance = instanceFor(question)
      answer(question, instance, () => {
        for (const i of covered.rules.keys()) if (instance.global(globalOfRule(i)) === 1) called.add(i)
      })
    },
    rules: (): RuleCoverage => ({
      called: covered.rules.filter((_, i) => called.has(i)),
      notCalled: covered.rules.filter((_, i) => !called.has(i)),
    }),
  }
}

/** Instances by what is replaced in them. */
function createInstances(module: PolicyModule, data: JsonObject): (question: ArtefactQuestion) => Instance {
  // Data and mocks belong to an instance; tests use few of either.
  const instances = new Map<string, Instance>()
  return function instanceFor({ overrides, mocks }) {
    const key = JSON.stringify([overrides, mocks])
    const known = instances.get(key)
    if (known) return known
    if (instances.size >= manyInstances) instances.clear()
    const started = startInstance(module, writeData(data, overrides), withMocks(mocks), limits)
    if (!started.ok) throw new Error(started.detail)
    instances.set(key, started.value)
    return started.value
  }
}

async function readArtefact(archive: Uint8Array) {
  const unpacked = taken(await unpackBundle(archive))
  const files = taken(sortBundleFiles(unpacked))
  const { roots } = taken(readManifest(files.manifest))
  const wasm = new Uint8Array(files.module)
  return {
    wasm,
    module: taken(await readModule(wasm)),
    data: taken(readBundleData(files.data, roots)),
  }
}

function taken<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly detail: string },
): T {
  if (!result.ok) throw new Error(result.detail)
  return result.value
}

/** `evaluated` is told before an instance that aborted is started anew. */
function answer(
  { entrypoint, input, nowNs }: ArtefactQuestion,
  instance: Instance,
  evaluated: () => void = () => {},
): ArtefactAnswer {
  const id = instance.entrypoints.get(entrypoint)
  if (id === undefined) return { error: `the artefact has no entrypoint ${entrypoint}` }
  const now = instant(Number(BigInt(nowNs || '0') / 1_000_000n))
  const context = createEvaluationContext({ id: 'test' as DecisionId, now }) // no decision: its id seeds randomness alone
  const outcome = instance.evaluate(id, input, context)
  evaluated()
  if (outcome.kind === 'result') {
    return { text: outcome.text, varies: context.answers().some(({ name }) => random.has(name)) }
  }
  if (!instance.restart()) return { error: 'the policy instance could not be replaced' }
  return { error: outcome.kind === 'abort' ? outcome.message : `trap: ${outcome.message}` }
}

function withMocks(mocks: ArtefactQuestion['mocks']): readonly Builtin[] {
  return builtins.map((builtin) => {
    const mock = Object.hasOwn(mocks, builtin.name) ? mocks[builtin.name] : undefined
    const value = mock === undefined ? undefined : readValue(mock)
    return value === undefined ? builtin : { name: builtin.name, call: () => value }
  })
}

/** The data's text, with values in place of documents; the values are Rego texts, which an instance reads like JSON. */
function writeData(data: JsonObject, overrides: readonly Override[]): string {
  return overrides.length > 0 ? writeAt(data, overrides) : JSON.stringify(data)
}

function writeAt(value: JsonValue | undefined, overrides: readonly Override[]): string {
  const whole = overrides.findLast(({ path }) => path.length === 0)
  if (whole) return whole.value
  const members = isObject(value) ? value : {}
  const names = new Set([...Object.keys(members), ...overrides.map(({ path }) => path[0] ?? '')])
  const texts = [...names].map((name) => {
    const below = overrides
      .filter(({ path }) => path[0] === name)
      .map(({ path, value }) => ({ path: path.slice(1), value }))
    const member = Object.hasOwn(members, name) ? members[name] : undefined
    return `${JSON.stringify(name)}:${below.length > 0 ? writeAt(member, below) : JSON.stringify(member)}`
  })
  return `{${texts.join(',')}}`
}
