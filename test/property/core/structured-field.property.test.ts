import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDictionary } from '../../../pdp/core/read-structured-field.ts'
import {
  type BareItem,
  type InnerList,
  type Item,
  type Parameters,
  writeInnerList,
  writeItem,
} from '../../../pdp/core/structured-field.ts'

const textOf = (characters: string, constraints: { minLength?: number; maxLength: number }) =>
  fc.string({ unit: fc.constantFrom(...characters), ...constraints })
const lower = 'abcdefghijklmnopqrstuvwxyz'
const keys = fc
  .tuple(fc.constantFrom(...lower, '*'), textOf(`${lower}0123456789_-.*`, { maxLength: 8 }))
  .map(([first, rest]) => first + rest)
const visible = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('')

const whole = fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 })
const bare: fc.Arbitrary<BareItem> = fc.oneof(
  fc.record({ kind: fc.constantFrom('integer' as const, 'date' as const), value: whole }),
  fc.record({
    kind: fc.constant('decimal' as const),
    value: fc.integer({ min: -1e12, max: 1e12 }).map((thousandths) => thousandths / 1000 || 0),
  }),
  fc.record({ kind: fc.constant('string' as const), value: textOf(visible, { maxLength: 12 }) }),
  fc.record({
    kind: fc.constant('token' as const),
    value: fc
      .tuple(fc.constantFrom('A', 'z', '*'), textOf("aZ09!#$%&'*+-.^_`|~:/", { maxLength: 8 }))
      .map((parts) => parts.join('')),
  }),
  fc.record({
    kind: fc.constant('bytes' as const),
    value: fc.uint8Array({ maxLength: 40 }).map((made) => Buffer.from(made)),
  }),
  fc.record({ kind: fc.constant('boolean' as const), value: fc.boolean() }),
)
const parameters: fc.Arbitrary<Parameters> = fc
  .array(fc.tuple(keys, bare), { maxLength: 3 })
  .map((pairs) => new Map(pairs))
const items: fc.Arbitrary<Item> = fc.record({ bare, parameters })
const lists: fc.Arbitrary<InnerList> = fc.record({ items: fc.array(items, { maxLength: 4 }), parameters })
const dictionaries = fc
  .array(fc.tuple(keys, fc.oneof(items, lists)), { minLength: 1, maxLength: 4 })
  .map((pairs) => new Map(pairs))

const write = (value: Item | InnerList) => ('items' in value ? writeInnerList(value) : writeItem(value))
const writeAll = (dictionary: ReadonlyMap<string, Item | InnerList>) =>
  [...dictionary].map(([key, value]) => `${key}=${write(value)}`).join(', ')

describe('structured fields', () => {
  test('what is written is read again as what it was', () => {
    fc.assert(
      fc.property(dictionaries, (dictionary) => {
        expect(readDictionary(writeAll(dictionary))).toEqual(dictionary)
      }),
      { numRuns: 500 },
    )
  })

  test('what is read is written as one text, whatever the spaces', () => {
    fc.assert(
      fc.property(lists, fc.constantFrom('', ' ', '   '), (list, spaces) => {
        const loose = `a=(${spaces}${list.items.map(writeItem).join(` ${spaces}`)}${spaces})${write({ items: [], parameters: list.parameters }).slice(2)}`
        const read = readDictionary(loose)?.get('a')
        expect(read && write(read)).toBe(writeInnerList(list))
      }),
    )
  })

  test('no text of any kind throws, and a cut text is read as nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), dictionaries.map(writeAll)), fc.nat(60), (text, at) => {
        for (const each of [text, text.slice(0, at), text.slice(at)]) {
          const read = readDictionary(each)
          if (read) expect(readDictionary(writeAll(read))).toEqual(read)
        }
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['a key twice', 'a=1, a=2'],
    ['a parameter twice', 'a=1;b=1;b=2'],
    ['a comma at the end', 'a=1,'],
    ['no comma', 'a=1 b=2'],
    ['a key in upper case', 'A=1'],
    ['a key that begins with a digit', '1=1'],
    ['no value', 'a='],
    ['a space before a value', 'a= 1'],
    ['sixteen digits', 'a=1234567890123456'],
    ['thirteen digits before a point', 'a=1234567890123.1'],
    ['four digits behind it', 'a=1.1234'],
    ['none behind it', 'a=1.'],
    ['a minus alone', 'a=-'],
    ['an open string', 'a="x'],
    ['an escape of another character', String.raw`a="\x"`],
    ['a control character in a string', 'a="\u0007"'],
    ['a character that is not ASCII', 'a="é"'],
    ['base64 with a space', 'a=:A A=:'],
    ['base64 without its padding', 'a=:AA:'],
    ['base64 with stray bits', 'a=:AB==:'],
    ['base64url', 'a=:_-==:'],
    ['open bytes', 'a=:AA=='],
    ['a boolean of another digit', 'a=?2'],
    ['a date with a fraction', 'a=@1.5'],
    ['a display string', 'a=%"x"'],
    ['an open list', 'a=(1 2'],
    ['a list with commas', 'a=(1, 2)'],
    ['a list without spaces', 'a=("a""b")'],
    ['a list in a list', 'a=((1))'],
    ['a parameter without a name', 'a=1;'],
    ['a parameter without a value', 'a=1;b='],
    ['text behind it', 'a=1 \n'],
    ['a tab before it', '\ta=1'],
  ])('%s is refused', (_, text) => {
    expect(readDictionary('a=1'), 'the twin').toBeDefined()
    expect(readDictionary(text)).toBeUndefined()
  })

  test('what the RFC allows is read', () => {
    const read = readDictionary(' a;q=0.5, b=?0 ,\tc=("x" y;z);w=@-1')
    expect([...(read ?? [])].map(([key, value]) => `${key}=${write(value)}`)).toEqual([
      'a=?1;q=0.5',
      'b=?0',
      'c=("x" y;z);w=@-1',
    ])
    expect(readDictionary('')?.size).toBe(0)
  })
})
