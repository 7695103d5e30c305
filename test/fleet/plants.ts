import { isDialectInput } from '../../pdp/core/policy-input.ts'
import { ok } from '../../pdp/core/result.ts'
import type { CompiledPolicy } from '../../pdp/policy/compiled-policy.ts'
import type { FirstUse, Policy, RevocationView } from '../../pdp/seams.ts'

/** Where a fault can be planted in an instance; absent, that part is as it ships. */
export interface Plant {
  readonly revocation?: (view: RevocationView) => RevocationView
  readonly firstUse?: (store: FirstUse) => FirstUse
  /** Between the cache and what it caches, and before the cache. */
  readonly cachedPolicy?: (policy: CompiledPolicy) => CompiledPolicy
  readonly policy?: (policy: Policy) => Policy
}

const oneIn = (n: number) => {
  let count = 0
  return () => ++count % n === 0
}

/** Faults that the checker must find, each by what it then says. */
export const plants: Readonly<Record<string, { readonly plant: () => Plant; readonly found: RegExp }>> = {
  'revocation ignored': {
    found: /^revoked: /,
    plant: () => {
      const ignores = oneIn(10)
      return {
        revocation: (view) => ({
          ...view,
          find: (keys) => {
            const found = view.find(keys)
            return typeof found === 'object' && ignores() ? 'clear' : found
          },
        }),
      }
    },
  },
  'first use forgotten': {
    found: /^proof: /,
    plant: () => {
      const forgets = oneIn(4)
      return { firstUse: (store) => ({ claim: async (...args) => (forgets() ? 'first' : store.claim(...args)) }) }
    },
  },
  'key without one field': {
    found: /^answer: (?:reading|writing)/,
    plant: () => ({
      cachedPolicy: (policy) => ({
        ...policy,
        write(input) {
          const whole = policy.write(input)
          if (isDialectInput(input)) return whole
          const { action: _, ...rest } = input
          const less = policy.write(rest)
          return whole.ok && less.ok ? ok({ ...whole.value, key: less.value.key }) : whole
        },
      }),
    }),
  },
  'expired entry served': {
    found: /^answer: allowed/,
    plant: () => {
      let first: number | undefined
      return {
        // the cache sees a clock that stands still, so that no entry ends
        policy: (policy) => ({
          ...policy,
          evaluate: (input, frame, ...rest) =>
            policy.evaluate(input, { ...frame, now: (first ??= frame.now) as typeof frame.now }, ...rest),
        }),
      }
    },
  },
}
