import { expect, test } from 'vitest'
import { cosigners } from '../../../../pdp/audit/witness/cosignature.ts'
import { readWitnessPolicy } from '../../../../pdp/audit/witness/witness-policy.ts'
import { makeNoteSigner, readCosignatureVerifier, readNoteVerifier } from '../../../../pdp/audit/tree/note-key.ts'
import { createCosigner } from '../../../support/witness.ts'

const log = makeNoteSigner(() => 'log.example/audit/1')
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => createCosigner(`witness.example/${name}`).vkey)
const witnesses = `witness a ${a} https://a.example/w\nwitness b ${b}\n witness\tc ${c}  \nwitness d ${d}\n`
const read = (text: string) => readWitnessPolicy(Buffer.from(text))

test.for<readonly [string, string, readonly string[], readonly string[]]>([
  ['one witness', 'quorum a', ['a'], ['b c d']],
  ['none', 'quorum none', [''], []],
  ['any of two', 'group g any a b\nquorum g', ['a', 'b', 'a b c'], ['', 'c d']],
  ['all of two', 'group g all a b\nquorum g', ['a b'], ['a', 'b', '']],
  ['two of three', 'group g 2 a b c\nquorum g', ['a b', 'b c', 'a b c d'], ['a', 'c d', '']],
  [
    'groups of groups, comments and white space',
    '# two\n\n group x 2 a b c \n\tgroup y any d\ngroup z all x y\nquorum z',
    ['a b d', 'a b c d'],
    ['a b c', 'a d', 'd'],
  ],
])('%s', ([, quorum, reached, missed]) => {
  const outcome = read(`log ${log.vkey} https://log.example/\n${witnesses}${quorum}\n`)
  if (!outcome.ok) throw new Error(outcome.problem)
  const { policy } = outcome
  expect(policy.logs.map(({ vkey }) => vkey)).toEqual([log.vkey])
  expect(policy.witnesses.map(({ name, url }) => [name, url])).toEqual([
    ['a', 'https://a.example/w'],
    ['b', undefined],
    ['c', undefined],
    ['d', undefined],
  ])
  const of = (names: string) => policy.reached(new Set(names.split(' ').filter((name) => name !== '')))
  for (const names of reached) expect(of(names), names).toBe(true)
  for (const names of missed) expect(of(names), names).toBe(false)
})

test.for<readonly [string, string, RegExp]>([
  ['no quorum', witnesses, /no line `quorum`/],
  ['two', `${witnesses}quorum a\nquorum a`, /line 6: `quorum` stands twice/],
  ['a quorum of what is not defined', `${witnesses}quorum e`, /line 5/],
  ['a group of what comes later', `group g any a\n${witnesses}quorum g`, /line 1: `a` is not defined before/],
  ['a member of two groups', `${witnesses}group g any a\ngroup h all a b\nquorum h`, /line 6: `a` is a member/],
  ['a member twice in one', `${witnesses}group g 2 a a\nquorum g`, /`a` is a member already/],
  ['more than there are', `${witnesses}group g 3 a b\nquorum g`, /with K from 1/],
  ['none of them', `${witnesses}group g 0 a b\nquorum g`, /with K from 1/],
  ['a group of none', `${witnesses}group g any\nquorum g`, /with K from 1/],
  ['none as a member', `${witnesses}group g any none\nquorum g`, /`none` is not defined/],
  ['a witness called none', `witness none ${a}\nquorum none`, /is taken/],
  ['a name twice', `witness a ${a}\nwitness a ${b}\nquorum a`, /line 2: the name `a` is taken/],
  ['a key twice', `witness a ${a}\nwitness b ${a}\nquorum a`, /line 2: the key stands twice/],
  ['the key of a log as that of a witness', `witness a ${log.vkey}\nquorum a`, /line 1: must be `witness/],
  ['the key of a witness as that of a log', `log ${a}\nquorum none`, /line 1: must be `log/],
  ['a log twice', `log ${log.vkey}\nlog ${log.vkey}\nquorum none`, /line 2: the key stands twice/],
  ['an address that is none', `witness a ${a} nowhere\nquorum a`, /no URL/],
  ['another word', 'sum a', /`sum` is no keyword/],
  ['a word of objects', 'constructor a', /`constructor` is no keyword/],
  ['carriage returns', 'quorum none\r\n', /control characters/],
])('%s: not a policy', ([, text, problem]) => {
  expect(read(text)).toMatchObject({ ok: false, problem: expect.stringMatching(problem) })
})

test('only cosignatures of a witness over the very text count', () => {
  const [one, other] = [createCosigner('w/1'), createCosigner('w/2')]
  const keys = new Map([one, other].map(({ vkey }, i) => [i, readCosignatureVerifier(vkey)] as const))
  const known = new Map([...keys].flatMap(([i, key]) => (key ? [[i, key] as const] : [])))
  const text = 'log\n1\nroot\n'
  const by = (lines: readonly string[]) => [...cosigners(Buffer.from(`${text}\n${lines.join('\n')}\n`), known)]
  expect(by([one.line(text, 7), other.line(text, 8)])).toEqual([0, 1])
  expect(by([one.line('log\n2\nroot\n', 7), other.line(text, 8)])).toEqual([1])
  expect(by([createCosigner('w/1').line(text, 7)])).toEqual([])
  expect([...cosigners(Buffer.from('no note'), known)]).toEqual([])
  expect(readNoteVerifier(one.vkey)).toBeUndefined()
})
