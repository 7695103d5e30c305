import { createRequire } from 'node:module'
import type * as Sdk from '@open-policy-agent/opa-wasm'
import type { JsonValue } from '../../../pdp/core/json.ts'
import { isArray, isObject } from '../../../pdp/core/json.ts'
import { readModule } from '../../../pdp/policy/abi.ts'
import type { Builtin } from '../../../pdp/policy/builtins/builtin.ts'
import { timeParseRfc3339Ns } from '../../../pdp/policy/builtins/time-parse-rfc3339.ts'
import { startInstance } from '../../../pdp/policy/instance.ts'
import { isNumberValue, numberText, type Value } from '../../../pdp/policy/value.ts'
import { type OwnAnswer, type PeerAnswer, readOutcomeRows } from './answer.ts'
import type { Subject } from './subject.ts'

// Its ES module lacks the synchronous loader that its types declare; the CommonJS one has it.
const sdk: typeof Sdk = createRequire(import.meta.url)('@open-policy-agent/opa-wasm')

const limits = { input: 65_536, working: 16_777_216 }

/** Evaluates one input text after the other. */
export type Ask<Answer> = (input: string) => Answer

/** The builtins under which the SDK can be compared: how modules are run is the question there, not two libraries. */
export const sdkBuiltins: readonly Builtin[] = [timeParseRfc3339Ns]

/** Our engine; undefined for a module that needs other builtins. */
export async function ourHost(
  { wasm, data, entrypoint }: Subject,
  builtins: readonly Builtin[],
): Promise<Ask<OwnAnswer> | undefined> {
  const module = await readModule(wasm)
  if (!module.ok) throw new Error(module.detail)
  const instance = startInstance(module.value, data, builtins, limits)
  if (!instance.ok) return undefined
  return (input) => {
    const outcome = instance.value.evaluate(entrypoint, input)
    if (outcome.kind !== 'result' && !instance.value.restart()) throw new Error('the instance does not restart')
    return readOutcomeRows(outcome)
  }
}

/** Below the 511 conflicts after which its policy object fails for ever. */
const errorsPerPolicy = 200

/** OPA's own host for Node: npm's `@open-policy-agent/opa-wasm`. */
export function sdkHost({ wasm, data, entrypoint }: Subject): Ask<PeerAnswer> {
  const module = new WebAssembly.Module(wasm)
  const load = () => {
    const policy = sdk.loadPolicySync(module, 64, {
      [timeParseRfc3339Ns.name](text: Value) {
        const ns = timeParseRfc3339Ns.call(text)
        return isNumberValue(ns) ? Number(numberText(ns)) : undefined // it takes doubles alone
      },
    })
    policy.setData(new Uint8Array(Buffer.from(data)).buffer)
    return policy
  }
  let policy = load()
  let errors = 0
  return (input) => {
    try {
      // as bytes: of values it would take the false ones for no input
      const rows: JsonValue = policy.evaluate(new TextEncoder().encode(input).buffer, entrypoint)
      return { kind: 'values', values: isArray(rows) ? rows.map(valueOfRow) : [rows] }
    } catch (error) {
      if (++errors % errorsPerPolicy === 0) policy = load()
      return { kind: 'error', message: String(error) }
    }
  }
}

function valueOfRow(row: JsonValue): JsonValue {
  const [only, ...more] = isObject(row) ? Object.values(row) : []
  return only === undefined || more.length > 0 ? row : only
}
