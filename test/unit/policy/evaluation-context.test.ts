import { expect, test } from 'vitest'
import { builtins } from '../../../pdp/policy/builtins/list.ts'
import { createEvaluationContext } from '../../../pdp/policy/evaluation-context.ts'
import { frameAt } from '../../support/clock.ts'

test('the first answer for the same operands holds for the whole decision', () => {
  const context = createEvaluationContext(frameAt())
  expect(context.frozen({ name: 'rand.intn' }, ['"a"', '9'], () => '7')).toBe('7')
  expect(context.frozen({ name: 'rand.intn' }, ['"a"', '9'], () => '3')).toBe('7')
  expect(context.frozen({ name: 'rand.intn' }, ['"b"', '9'], () => undefined)).toBeUndefined()
  expect(context.answers()).toEqual([
    { name: 'rand.intn', operands: ['"a"', '9'], answer: '7' },
    { name: 'rand.intn', operands: ['"b"', '9'] },
  ])
})

test('what may hold tokens or keys is frozen and not handed out', () => {
  const context = createEvaluationContext(frameAt())
  const ask = () => '"eyJ.secret"'
  expect(context.frozen({ name: 'io.jwt.encode_sign', unrecorded: true }, ['"key"'], ask)).toBe('"eyJ.secret"')
  expect(context.frozen({ name: 'io.jwt.encode_sign', unrecorded: true }, ['"key"'], () => 'other')).toBe(
    '"eyJ.secret"',
  )
  expect(context.answers()).toEqual([])
})

test.each(
  builtins
    .filter(({ name, callIn }) => callIn && /jwt|x509/.test(name))
    .map(({ name, unrecorded }) => [name, unrecorded]),
)('%s is not recorded', (_name, unrecorded) => {
  expect(unrecorded).toBe(true)
})
