import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reportBundle } from '../../../pdp/cli/inspect/bundle/bundle-report.ts'
import { instant } from '../../../pdp/core/time.ts'
import { command } from '../../unit/cli/harness.ts'
import { audience, badBundles, signers } from '../policy/bad-bundles.ts'

const { good, rows } = await badBundles()
const now = Date.now()
const active = good({ sequence: 5, active: 0, now })
const offer = { sequence: 6, active: 5, now }

const judge = async (archive: Uint8Array) =>
  reportBundle(archive, active, {
    signers: signers.map(({ verification }) => verification),
    threshold: 2,
    audience,
    entrypoints: ['t/decision'],
    now: instant(now),
  })

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-inspect-'))
  await writeFile(join(folder, 'good.tar.gz'), good(offer))
  await writeFile(join(folder, 'active.tar.gz'), active)
  await writeFile(join(folder, 'bad.tar.gz'), Buffer.concat([Buffer.from(active).subarray(0, 40)]))
})
afterAll(async () => rm(folder, { recursive: true }))

describe('inspect BUNDLE', () => {
  test('a good bundle passes every check', async () => {
    const report = await judge(good(offer))
    expect(report).toMatchObject({ verdict: 'accepted', kind: 'snapshot' })
    expect(report.checks.map(({ check, result }) => [check, result])).toEqual(
      [
        'archive',
        'signature',
        'expiry',
        'audience',
        'sequence',
        'files',
        'manifest',
        'data within roots',
        'module',
        'ABI and builtins',
        'entrypoints',
        'read sets of this module',
      ].map((check) => [check, 'passed']),
    )
  })

  test.for(rows)('$name: says as loading does, and which check it fails', async ({ clause, defect, twin = good }) => {
    expect(await judge(twin(offer))).toMatchObject({ verdict: 'accepted' })
    const report = await judge(defect(offer))
    expect(report).toMatchObject({ verdict: 'refused', clause })
    const failed = report.checks.filter(({ result }) => result === 'refused')
    expect(failed.map((check) => check.clause)).toContain(clause)
  })

  test('from the command line: for people, as JSON, and for what is wrong', async () => {
    const path = (name: string) => join(folder, name)
    const plain = await command(['inspect', path('good.tar.gz')])
    expect(plain).toMatchObject({ code: 0, said: '' })
    expect(plain.out).toMatch(/^accepted: snapshot of \d+ bytes, sha256:/)
    expect(plain.out).toMatch(/ {2}- {2}signature \(not checked\)\n {7}expected a signer/)
    expect(plain.out).toContain('got      production\n')
    const json = await command(['inspect', path('good.tar.gz'), '--audience', 'test', '--json'])
    expect(JSON.parse(json.out)).toMatchObject({ verdict: 'accepted', checks: expect.any(Array) })
    const bad = await command(['inspect', path('bad.tar.gz')])
    expect(bad.code).toBe(3)
    expect(bad.out).toMatch(/ {2}NO archive\n/)
    const none = await command(['inspect', path('good.tar.gz'), '--threshold', 'all'])
    expect(none).toMatchObject({ code: 64, out: '' })
  })
})
