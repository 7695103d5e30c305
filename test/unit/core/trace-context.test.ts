import { expect, test } from 'vitest'
import { traceContextOf } from '../../../pdp/core/trace-context.ts'

const [trace, parent] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']
const sound = `00-${trace}-${parent}-01`

test('the trace of a request', () => {
  expect(traceContextOf({ traceparent: [sound] })).toEqual({ id: trace, parent, sampled: true })
  expect(traceContextOf({ traceparent: [`00-${trace}-${parent}-02`] })).toEqual({ id: trace, parent })
  const later = [`cc-${trace}-${parent}-01-later`]
  expect(traceContextOf({ traceparent: later })).toEqual({ id: trace, parent, sampled: true })
})

test.for<readonly [string, readonly string[] | undefined]>([
  ['none', undefined],
  ['two', [sound, sound]],
  ['an empty list', []],
  ['another form', ['x']],
  ['upper case', [sound.toUpperCase()]],
  ['the version that is none', [`ff-${trace}-${parent}-01`]],
  ['a trace id of zeros', [`00-${'0'.repeat(32)}-${parent}-01`]],
  ['a span id of zeros', [`00-${trace}-${'0'.repeat(16)}-01`]],
  ['what only begins well', [`${sound}x`]],
])('%s: no trace', ([, values]) => {
  expect(traceContextOf({ ...(values && { traceparent: values }) })).toBeUndefined()
  expect(traceContextOf(undefined)).toBeUndefined()
})
