import { expect, test } from 'vitest'
import { createLineWriter, type UnnumberedLine } from '../../../pdp/audit/line-writer.ts'
import { lineOf } from '../../../pdp/audit/record-line.ts'

const bodyOf = (text: string): string => JSON.stringify({ id: 'x', text })

test.for<readonly [string, readonly string[]]>([
  ['none', []],
  ['a few', ['a', '\u20ac\u{1f600}', '']],
  ['more than the memory of a writer holds', Array.from({ length: 400 }, (_, n) => `${n}`.repeat(300))],
  ['wide ones', Array.from({ length: 60 }, () => '\u20ac'.repeat(10_000))],
])('writes the bytes of lines, %s, and after them those of others', ([, texts]) => {
  const bytesOf = createLineWriter()
  for (const seq of [0, 9_998, Number.MAX_SAFE_INTEGER - 500]) {
    const lines = texts.map<UnnumberedLine>((text, n) => ({ kind: n % 2 ? 'gap' : 'decision', body: bodyOf(text) }))
    const expected = lines.map(({ kind, body }, n) => `${lineOf(kind, seq + n, body)}\n`).join('')
    expect(Buffer.from(bytesOf(lines, seq)).toString()).toBe(expected)
  }
})
