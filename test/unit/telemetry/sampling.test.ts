import { expect, test } from 'vitest'
import type { TraceContext } from '../../../pdp/core/trace-context.ts'
import { isSampled, type Sampling } from '../../../pdp/telemetry/sampling.ts'

const low = `${'f'.repeat(18)}00000000000001` // of the least ids, by the part that counts
const high = `${'0'.repeat(18)}ffffffffffffff`
const parent = (from: TraceContext['from'], sampled: boolean, id = high): TraceContext => ({
  id,
  parent: 'b7ad6b7169203331',
  from,
  ...(sampled && { sampled: true }),
})
const always = parent('pep', true)
const never = parent('pep', false)
const outside = (sampled: boolean, id?: string) => parent('request', sampled, id)

type Row = readonly [Partial<Sampling>, TraceContext | undefined, boolean]

test.for<Row>([
  [{ sampler: 'always_on' }, undefined, true],
  [{ sampler: 'always_on' }, never, true],
  [{ sampler: 'always_off' }, always, false],
  [{ sampler: 'parentbased_always_on' }, undefined, true],
  [{ sampler: 'parentbased_always_on' }, never, false],
  [{ sampler: 'parentbased_always_off' }, undefined, false],
  [{ sampler: 'parentbased_always_off' }, always, true],
  [{ sampler: 'traceidratio', ratio: 0.5 }, undefined, true], // by chance, here 0.25
  [{ sampler: 'traceidratio', ratio: 0.2 }, undefined, false],
  [{ sampler: 'traceidratio', ratio: 0.2 }, parent('pep', false, low), true],
  [{ sampler: 'traceidratio', ratio: 0.9 }, parent('pep', true, high), false],
  [{ sampler: 'parentbased_traceidratio', ratio: 0 }, always, true],
  [{ sampler: 'parentbased_traceidratio', ratio: 1 }, never, false],
  // whoever writes the request cannot have its trace recorded, nor kept from being so
  [{ sampler: 'parentbased_always_off' }, outside(true), false],
  [{ sampler: 'parentbased_always_on' }, outside(false), true],
  [{ sampler: 'parentbased_traceidratio', ratio: 0.2 }, outside(true, low), false],
  [{ sampler: 'traceidratio', ratio: 0.2 }, outside(true, low), false],
  // unless it was configured so
  [{ sampler: 'parentbased_always_off', follow: 'any' }, outside(true), true],
  [{ sampler: 'traceidratio', ratio: 0.2, follow: 'any' }, outside(false, low), true],
])('%j under %j: %s', ([changes, given, expected]) => {
  const sampling: Sampling = { sampler: 'parentbased_always_on', ratio: 1, follow: 'pep', ...changes }
  expect(isSampled(sampling, given, () => 0.25)).toBe(expected)
})
