import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { describeVectors } from '../../support/vectors.ts'
import { judgeLimbo, slowest } from './judge-limbo.ts'
import type { LimboCase } from './limbo-case.ts'

const limbo = { folder: 'x509-limbo', originals: 'C2SP/x509-limbo on GitHub' }
const present = Date.now()

describeVectors('x509-limbo', limbo, (read) => {
  test.for([
    ['limbo.json', 135, 42, 5],
    ['limbo-bettertls-nc.json', 588, 53, 0],
  ] as const)('%s', ([file, total, successes, mostUnsupported]) => {
    const { testcases } = read<{ readonly testcases: readonly LimboCase[] }>(file)
    const judged = testcases.map((one) => judgeLimbo(one, present))
    const named = (verdict: string) => judged.filter((each) => each.verdict === verdict)
    const unsupported = named('unsupported').length
    process.stderr.write(
      `${judged.length} judged: ${successes} accepted; ${file}: ${unsupported} unsupported, longest ${Math.max(...judged.map(({ cpu }) => cpu)).toFixed(1)} ms\n`,
    )
    expect(named('false-accept').concat(named('false-reject'))).toEqual([])
    expect(unsupported).toBeLessThanOrEqual(mostUnsupported)
    expect(judged.filter(({ cpu }) => cpu > slowest)).toEqual([])
    expect([judged.length, testcases.filter((one) => one.expected_result === 'SUCCESS').length]).toEqual([
      total,
      successes,
    ])
  })

  test('a verdict turned round is noticed', () => {
    const { testcases } = read<{ readonly testcases: readonly LimboCase[] }>('limbo.json')
    const turned = testcases.slice(0, 20).map(
      (one): LimboCase => ({
        ...one,
        features: [],
        expected_result: one.expected_result === 'SUCCESS' ? 'FAILURE' : 'SUCCESS',
      }),
    )
    expect(turned.map((one) => judgeLimbo(one, present).verdict)).not.toContain('right')
  })
})

test('name constraints for URIs, in cases of our own', () => {
  const file = new URL('../../vectors/x509/uri-name-constraints.json', import.meta.url)
  // written by the process beside it
  const { testcases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly testcases: readonly LimboCase[] }
  const judged = testcases.map((one) => judgeLimbo(one, present))
  expect(judged.filter(({ verdict }) => verdict !== 'right')).toEqual([])
  const accepted = judged.filter(({ outcome }) => outcome.accepted).length
  expect([judged.length, accepted]).toEqual([28, 10])
  const clauses = new Set(judged.flatMap(({ outcome }) => (outcome.accepted ? [] : [outcome.clause])))
  expect([...clauses].sort()).toEqual([
    'rfc5280-4.2.1.10-name-form-processed',
    'rfc5280-6.1-path', // of an intermediate that is malformed and so left out
    'rfc5280-6.1.3-excluded-subtrees',
    'rfc5280-6.1.3-permitted-subtrees',
  ])
})
