import { describe, expect, test } from 'vitest'
import { matrixCells } from '../../../../pdp/policy/matrix/matrix-cells.ts'
import { readMatrix } from '../../../../pdp/policy/matrix/read-matrix.ts'

const good = `now: 2026-03-02T13:30:00Z
principals:
  checkout: { subject: { id: checkout, assurance: { level: 1 } }, attested: { namespace: shop } }
  anybody: {}
resources:
  order: { type: order, id: "42" }
actions: [read, cancel]
allow:
  checkout: { order: [read] }
`

/** The problems of a matrix, as an author sees them. */
function problemsOf(text: string): readonly string[] {
  const read = readMatrix(text)
  return read.ok ? [] : read.problems.map(({ row, col, message }) => `${row}:${col}: ${message}`)
}

describe('a matrix', () => {
  test('asks everything of everybody, at its own time, and allows what it lists alone', () => {
    const read = readMatrix(good)
    if (!read.ok) throw new Error(problemsOf(good).join('\n'))
    const cells = matrixCells(read.value, 'orders', 'orders/decision')
    expect(cells.map(({ name, allow }) => [name, allow])).toEqual([
      ['checkout read order', true],
      ['checkout cancel order', false],
      ['anybody read order', false],
      ['anybody cancel order', false],
    ])
    const [first, , third] = cells
    expect(first?.question).toMatchObject({
      entrypoint: 'orders/decision',
      input: {
        service: { name: 'orders' },
        subject: { id: 'checkout', assurance: { level: 1, possession: 'none', attested: false } },
        attested: { namespace: 'shop' },
        action: { name: 'read' },
        resource: { type: 'order', id: '42', properties: {} },
        time: { now_ns: '1772458200000000000' },
      },
    })
    expect(third?.question.input).not.toHaveProperty('subject')
    expect(read.placeOf(first?.path ?? [])).toEqual({ row: 9, col: 15 })
    expect(read.placeOf(third?.path ?? [])).toEqual({ row: 4, col: 3 })
  })

  test.for([
    ['a name that no matrix has', ['allow:', 'alow:'], '8:1: alow: is nothing that a matrix has; did you mean allow?'],
    [
      'a fact that is none',
      ['attested:', 'atested:'],
      '3:67: principals.checkout.atested: is nothing that a matrix has; did you mean attested?',
    ],
    ['an assurance that is none', ['level: 1', 'levle: 1'], 'did you mean level?'],
    ['a level that is none', ['level: 1', 'level: 7'], '3:53: principals.checkout.subject.assurance.level: Invalid'],
    [
      'a time that is none',
      ['2026-03-02T13:30:00Z', 'yesterday'],
      '1:1: now: must be a time such as 2026-03-02T13:30:00Z',
    ],
    ['nobody', [/principals:\n.*\n.*\n/, 'principals: {}\n'], '2:1: principals: must name somebody'],
    ['no action', ['[read, cancel]', '[]'], '7:1: actions: Too small'],
    [
      'a principal that is not there',
      ['  checkout: { order', '  chekout: { order'],
      '9:3: allow.chekout: there is no principal chekout; did you mean checkout?',
    ],
    [
      'a resource that is not there',
      ['{ order: [read]', '{ ordr: [read]'],
      '9:15: allow.checkout.ordr: there is no resource ordr; did you mean order?',
    ],
    [
      'an action that is not there',
      ['order: [read]', 'order: [raed]'],
      '9:23: allow.checkout.order.0: there is no action raed; did you mean read?',
    ],
    ['a name twice', ['  anybody: {}', '  checkout: {}'], '4:3: not YAML: DUPLICATE_KEY'],
    ['an alias', ['  anybody: {}', '  anybody: &x {}\n  others: *x'], '5:11: aliases would hide what a row says'],
    ['no YAML', ['{}', '{'], 'not YAML'],
  ] as const)('with %s is refused at its place', ([, [from, to], says]) => {
    expect(good.replace(from, to)).not.toBe(good)
    expect(problemsOf(good)).toEqual([])
    expect(problemsOf(good.replace(from, to)).join('\n')).toContain(says)
  })
})
