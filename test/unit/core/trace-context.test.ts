import { expect, test } from 'vitest'
import { readTraceContext, traceContextOf } from '../../../pdp/core/trace-context.ts'

const [trace, parent] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']
const sound = `00-${trace}-${parent}-01`

test('the trace of a request', () => {
  const known = { id: trace, parent, from: 'request' }
  expect(traceContextOf({ traceparent: [sound] })).toEqual({ ...known, sampled: true })
  expect(traceContextOf({ traceparent: [`00-${trace}-${parent}-02`] })).toEqual(known)
  expect(traceContextOf({ traceparent: [`cc-${trace}-${parent}-01-later`] })).toEqual({ ...known, sampled: true })
  expect(traceContextOf({ traceparent: [`cc-${trace}-${parent}-01`] })).toEqual({ ...known, sampled: true })
  expect(traceContextOf(undefined)).toBeUndefined()
})

test.for<readonly [string, readonly string[] | undefined]>([
  ['none', undefined],
  ['two', [sound, sound]],
  ['two in one line', [`${sound},${sound}`]],
  ['an empty list', []],
  ['another form', ['x']],
  ['upper case', [sound.toUpperCase()]],
  ['the version that is none', [`ff-${trace}-${parent}-01`]],
  ['a trace id of zeros', [`00-${'0'.repeat(32)}-${parent}-01`]],
  ['a span id of zeros', [`00-${trace}-${'0'.repeat(16)}-01`]],
  ['a shorter trace id', [`00-${trace.slice(1)}-${parent}-01`]],
  ['a space before it', [` ${sound}`]],
  ['what only begins well', [`${sound}x`]],
  ['what this version does not have', [`${sound}-more`]],
  ['a later version without its dash', [`01-${trace}-${parent}-01more`]],
  ['a later version that is too long', [`01-${trace}-${parent}-01-${'x'.repeat(512)}`]],
])('%s: no trace', ([, values]) => {
  expect(traceContextOf({ ...(values && { traceparent: values }) })).toBeUndefined()
  expect(readTraceContext('pep', values, ['a=1'])).toBeUndefined()
})

const stateOf = (...values: readonly string[]) => readTraceContext('pep', [sound], values)?.state

test('the state beside it is passed on in one line', () => {
  expect(stateOf('rojo=00f067aa0ba902b7,congo=t61rcWkgMzE')).toBe('rojo=00f067aa0ba902b7,congo=t61rcWkgMzE')
  expect(stateOf('rojo=1', 'congo=2')).toBe('rojo=1,congo=2')
  expect(stateOf('rojo=1 , ,\tcongo=a b')).toBe('rojo=1,congo=a b')
  expect(stateOf('fw529a3039@dt=FfD-9')).toBe('fw529a3039@dt=FfD-9')
})

test.for<readonly [string, readonly string[]]>([
  ['none', []],
  ['an empty one', ['']],
  ['nothing but commas', [' , ,']],
  ['a key twice', ['a=1,b=2,a=3']],
  ['33 members', [Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(',')]],
  ['a key in upper case', ['A=1']],
  ['a key that is too long', [`${'a'.repeat(257)}=1`]],
  ['a system that is too long', [`a@${'b'.repeat(15)}=1`]],
  ['no equals sign', ['a']],
  ['an empty value', ['a=']],
  ['an equals sign in the value', ['a=1=2']],
  ['a control character', ['a=\u0001']],
  ['a character beyond ASCII', ['a=é']],
  ['more than is passed on', [Array.from({ length: 16 }, (_, i) => `k${i}=${'v'.repeat(200)}`).join(',')]],
])('%s: no state, and the trace stays', ([, values]) => {
  expect(stateOf(...values)).toBeUndefined()
  expect(readTraceContext('pep', [sound], values)).toEqual({ id: trace, parent, from: 'pep', sampled: true })
})
