import { describe, expect, test } from 'vitest'
import { findDuplicate } from '../../../pdp/core/find-duplicate.ts'
import { isArray, isObject, type JsonValue, member, stringMember } from '../../../pdp/core/json.ts'
import { type JsonLimits, jsonClauses, readJson } from '../../../pdp/core/read-json.ts'
import { refusesOnly } from '../../support/twin.ts'

const limits: JsonLimits = { length: 1000, depth: 5, membersPerObject: 3, members: 6, stringLength: 11 }
const read = (text: string) => readJson(text, limits, 'REQUEST_MALFORMED')
const valueOf = (text: string): JsonValue | undefined => {
  const result = read(text)
  return result.ok ? result.value : undefined
}

type Row = readonly [name: string, twin: string, defect: string, clause: string]

const bounds: readonly Row[] = [
  ['one character too long', `${' '.repeat(998)}{}`, `${' '.repeat(999)}{}`, jsonClauses.size],
  ['nested too deep, lists', '[[[[[]]]]]', '[[[[[[]]]]]]', jsonClauses.depth],
  ['nested too deep, objects', '{"a":{"a":{"a":{"a":{}}}}}', '{"a":{"a":{"a":{"a":{"a":{}}}}}}', jsonClauses.depth],
  ['nested too deep and not closed', '[[[[[]]]]]', '['.repeat(900), jsonClauses.depth],
  ['too many members in an object', '{"a":1,"b":2,"c":3}', '{"a":1,"b":2,"c":3,"d":4}', jsonClauses.members],
  [
    'too many members in all',
    '[{"a":1,"b":2,"c":3},{"a":1,"b":2,"c":3}]',
    '[{"a":1,"b":2,"c":3},{"a":1,"b":2,"c":3},{"a":1}]',
    jsonClauses.members,
  ],
  ['a string too long', '"12345678901"', '"123456789012"', jsonClauses.stringLength],
  ['a name too long', '{"12345678901":1}', '{"123456789012":1}', jsonClauses.stringLength],
  ['a string in a list too long', '["a"]', '["123456789012"]', jsonClauses.stringLength],
]

const numbers: readonly Row[] = [
  ['1e400', '1e15', '1e400', jsonClauses.number],
  ['-1e400', '-0.5', '-1e400', jsonClauses.number],
  ['2^53 + 1', '9007199254740991', '9007199254740993', jsonClauses.number],
  ['-2^53', '-9007199254740991', '-9007199254740992', jsonClauses.number],
  ['20 digits', '[1]', '[12345678901234567890]', jsonClauses.number],
  ['more digits than a double has', '0.12345678901234567', '0.123456789012345678', jsonClauses.number],
  ['digits that count, around the point', '12.345678901234567', '123.456789012345678', jsonClauses.number],
  ['-0', '0', '-0', jsonClauses.number],
  ['-0.0', '0.0', '-0.0', jsonClauses.number],
  ['a number in a list', '[[1]]', '[[1e999]]', jsonClauses.number],
]

const names: readonly Row[] = [
  ['a name twice', '{"a":1,"b":1}', '{"a":1,"a":1}', jsonClauses.duplicate],
  ['a name twice with other values', '{"a":1,"b":2}', '{"a":1,"a":2}', jsonClauses.duplicate],
  ['a name twice, once with an escape', '{"a":1,"\\u0062":2}', '{"a":1,"\\u0061":2}', jsonClauses.duplicate],
  ['a name twice in a list', '[{"a":1},{"a":2}]', '[{"a":1,"a":2}]', jsonClauses.duplicate],
  ['a name twice far apart', '{"a":{"b":1},"b":2}', '{"a":{"b":1},"a":2}', jsonClauses.duplicate],
  [
    'a name twice inside one that is replaced',
    '{"a":{"b":1}}',
    '{"a":{"b":1,"b":1},"a":{"b":1}}',
    jsonClauses.duplicate,
  ],
  ['an empty name twice', '{"":1,"a":1}', '{"":1,"":1}', jsonClauses.duplicate],
  ['a numeric name twice', '{"1":1,"2":1}', '{"1":1,"1":1}', jsonClauses.duplicate],
  ['__proto__', '{"proto":1}', '{"__proto__":1}', jsonClauses.proto],
  ['__proto__ with an escape', '{"a":{"proto":{}}}', '{"a":{"__pr\\u006fto__":{}}}', jsonClauses.proto],
  ['__proto__ twice', '{"a":1}', '{"__proto__":1,"__proto__":2}', jsonClauses.proto],
]

const texts: readonly Row[] = [
  ['a lone high surrogate', '"\\ud83d\\ude00"', '"\\ud83d"', jsonClauses.surrogate],
  ['a lone low surrogate', '"\\ud83d\\ude00"', '"\\ude00"', jsonClauses.surrogate],
  ['surrogates in the wrong order', '"\\ud83d\\ude00"', '"\\ude00\\ud83d"', jsonClauses.surrogate],
  ['a lone surrogate, not escaped', '"\ud83d\ude00"', '"\ud83d"', jsonClauses.surrogate],
  ['a lone surrogate in a name', '{"a":1}', '{"\\ud83d":1}', jsonClauses.surrogate],
]

const syntax: readonly Row[] = [
  ['', '{}', ''],
  ['a byte order mark', '{}', '\uFEFF{}'],
  ['trailing text', '{}', '{} {}'],
  ['trailing NUL', '{}', '{}\u0000'],
  ['NUL in a string', '"\\u0000"', '"\u0000"'],
  ['a trailing comma', '[1]', '[1,]'],
  ['a comment', '[1]', '[1/**/]'],
  ['single quotes', '"a"', "'a'"],
  ['a leading zero', '[1]', '[01]'],
  ['a plus sign', '[1]', '[+1]'],
  ['NaN', '[1]', '[NaN]'],
  ['Infinity', '[1]', '[Infinity]'],
  ['hexadecimal', '[1]', '[0x1]'],
  ['a bare name', '{"a":1}', '{a:1}'],
  ['an open string', '"a"', '"a'],
  ['an escape at the end', '"\\\\"', '"\\'],
  ['one bracket too many', '[]', '[]]'],
  ['an escape that is none', '"\\n"', '"\\x41"'],
  ['no-break space', '[ 1]', '[\u00a01]'],
].map(([name = '', twin = '', defect = '']): Row => [name, twin, defect, jsonClauses.syntax])

describe.for(Object.entries({ bounds, numbers, names, texts, syntax }))('JSON is refused: %s', ([, rows]) => {
  test.for(rows)('%s', async ([, twin, defect, clause]) => {
    await refusesOnly(read, twin, defect, { code: 'REQUEST_MALFORMED', clause })
  })
})

describe('JSON is read', () => {
  test.for([
    '0',
    '-1',
    '0.000012345678901234568',
    '1e-7',
    '5e-324',
    '123456789012345.6',
    'null',
    'true',
    '""',
    '[]',
    '{}',
    '[null]',
    '{"a":null}',
    '{"a:b":"c:d,{}[]\\"","e":[{"a":1},{"a":1}]}',
    ' \t\r\n[ 1 , 2 ] ',
    '{"constructor":1,"toString":2}',
    '"\\ud83d\\ude00"',
  ])('%s', (text) => expect(valueOf(text)).toEqual(JSON.parse(text)))

  test('a member is only an own one', () => {
    const value = valueOf('{"constructor":"x","a":1}')
    if (!isObject(value)) throw new Error('no object')
    expect(member(value, 'constructor')).toBe('x')
    expect(member(value, 'toString')).toBeUndefined()
    expect(stringMember(value, 'constructor')).toBe('x')
    expect([stringMember(value, 'a'), stringMember(value, 'valueOf')]).toEqual([undefined, undefined])
  })

  test('lists and null are no objects, objects are no lists', () => {
    expect([{}, [], null, 'a', undefined].map(isObject)).toEqual([true, false, false, false, false])
    expect([{}, [], null, 'a', undefined].map(isArray)).toEqual([false, true, false, false, false])
  })
})

test('a million brackets are refused at once, before anything walks them', () => {
  const wide = { ...limits, length: 3_000_000 }
  const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  expect(readJson(deep(5), wide, 'REQUEST_MALFORMED')).toMatchObject({ ok: true })
  const refused = readJson(deep(1_000_000), wide, 'REQUEST_MALFORMED')
  expect(refused).toMatchObject({ ok: false, clause: jsonClauses.depth })
})

test('a text without a duplicate has none to show', () => {
  expect(findDuplicate('{"a":[{"b":1},{"b":{"a":2}}]}')).toBe('')
})

describe('a refusal says where', () => {
  test.for([
    ['{"a":[{"b":1,"b":2}]}', 'a member name stands twice at "/a/0/b"'],
    ['{"a":1,"a":2}', 'a member name stands twice at "/a"'],
    ['{"x":[0,{"y":{},"z":[{"q":1,"q":1}]}]}', 'a member name stands twice at "/x/1/z/0/q"'],
    ['[{"a":1},{"a":1,"b":"\\"","a":1}]', 'a member name stands twice at "/1/a"'],
    ['{"a":[1,1e999]}', 'not an exact number at "/a/1"'],
    ['1e999', 'not an exact number at the top level'],
    ['{"a":{"__proto__":1}}', 'a member named __proto__ at "/a"'],
  ] as const)('%s', ([text, detail]) => expect(read(text)).toMatchObject({ ok: false, detail }))

  test('a name of the sender is shown cut and quoted', () => {
    const long = { ...limits, stringLength: 500 }
    const text = JSON.stringify({ ['\u001b[31m\n'.repeat(40)]: { a: '\u202e'.repeat(501) } })
    const result = readJson(text, long, 'REQUEST_MALFORMED')
    expect(result).toMatchObject({ ok: false, clause: jsonClauses.stringLength })
    expect(!result.ok && result.detail.includes('\n')).toBe(false)
    expect(!result.ok && result.detail.length).toBeLessThan(600)
  })

  test('the text of a fault is never quoted', () => {
    const secret = 'hunter2'
    const faulty = [`{"a":${secret}}`, `"${secret}`, `["${secret}",]`, `"${secret}${secret}"`]
    const details = faulty.map(read).map((result) => (result.ok ? secret : result.detail))
    expect(details.filter((detail) => detail.includes(secret))).toEqual([])
  })
})
