import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { compareValues, sortValues } from '../../../pdp/policy/compare-values.ts'
import { readValue } from '../../../pdp/policy/read-value.ts'
import { numberOf, objectOf, setOf, type Value } from '../../../pdp/policy/value.ts'
import { writeValue } from '../../../pdp/policy/write-value.ts'
import type { Builtin } from '../../../pdp/policy/builtins/builtin.ts'
import { frameAt } from '../../support/clock.ts'
import { inputWith, loadTestBundle, policyOf } from '../../unit/policy/test-policy.ts'

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('"', '\\', '\n', '\u0001', '{', '}', ',', ' ', 'set()', 'é', '\ufffd', '\u{1f600}'),
    fc.string({ unit: 'binary', maxLength: 1 }),
  ),
})

const numberText = fc.oneof(
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => JSON.stringify(n)),
  fc.constantFrom('0', '-0', '1.0', '1e3', '1E+400', '0.10', '9007199254740993', '-1.50e-7'),
)

/** Rego values whose sets and objects hold each item and key once, as the module's do. */
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Value>(null, true, false),
    text,
    numberText.map(numberOf),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => setOf(...distinct(items))),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((entries) =>
      objectOf(
        ...entries.filter(
          ([key], i) =>
            firstOf(
              entries.map(([k]) => k),
              key,
            ) === i,
        ),
      ),
    ),
  ),
}))

const distinct = (items: readonly Value[]) => items.filter((item, i) => firstOf(items, item) === i)
const firstOf = (items: readonly Value[], item: Value) => items.findIndex((other) => compareValues(other, item) === 0)

test('what is written reads back, number spelling and order included', () => {
  fc.assert(
    fc.property(value, (value) => {
      expect(readValue(writeValue(value))).toEqual(value)
    }),
    { numRuns: 20_000 },
  )
})

test('a text with one character more or less is not the same value, or none at all', () => {
  fc.assert(
    fc.property(value, fc.nat(), (value, at) => {
      const written = writeValue(value)
      expect(readValue(`${written}x`)).toBeUndefined()
      expect(readValue(`${written},`)).toBeUndefined()
      const cut = readValue(written.slice(0, at % written.length))
      expect(cut === undefined || typeof cut === 'number' || typeof cut === 'object').toBe(true)
    }),
    { numRuns: 5_000 },
  )
})

test('the order of values is total', () => {
  fc.assert(
    fc.property(value, value, value, (a, b, c) => {
      expect(Math.sign(compareValues(a, b))).toBe(-Math.sign(compareValues(b, a)) + 0)
      const [x, y, z] = [a, b, c].toSorted(compareValues) as [Value, Value, Value]
      expect(compareValues(x, y)).toBeLessThanOrEqual(0)
      expect(compareValues(y, z)).toBeLessThanOrEqual(0)
      expect(compareValues(x, z)).toBeLessThanOrEqual(0)
      expect(compareValues(a, a)).toBe(0)
    }),
    { numRuns: 10_000 },
  )
})

// The module itself as the judge: a value goes in through a builtin's answer and comes back as another's operand.
const rego = `package t

decision := {"allow": value == yaml.unmarshal("again"), "reasons": [{"code": "taken", "message": yaml.marshal(value)}]} if {
	value := yaml.unmarshal("first")
}
`
let given: Value = null
let received: Value | undefined
const give: Builtin = { name: 'yaml.unmarshal', call: () => given }
const take: Builtin = {
  name: 'yaml.marshal',
  call(operand) {
    received = operand
    return 'taken'
  },
}
let policy: ReturnType<typeof policyOf>
beforeAll(async () => {
  policy = policyOf(await loadTestBundle({ rego }, { builtins: [give, take] }))
}, 60_000)

test('the module reads what is written and dumps what is read', async () => {
  await fc.assert(
    fc.asyncProperty(value, async (value) => {
      ;[given, received] = [value, undefined]
      expect(await policy.evaluate(inputWith(), frameAt())).toMatchObject({
        ok: true,
        value: { allow: true, reasons: [{ message: 'taken' }] },
      })
      expect(received !== undefined && compareValues(received, value)).toBe(0)
    }),
    { numRuns: 3_000 },
  )
})

test('sorting keeps each value once', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 8 }), (items) => {
      const sorted = sortValues([...items, ...items])
      expect(sorted).toHaveLength(distinct(items).length)
    }),
  )
})
