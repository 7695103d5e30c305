import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './architecture/project.ts'

const vitest = (statuses: readonly string[], success = true, status = 'passed') =>
  JSON.stringify({
    success,
    testResults: [{ name: 'a.test.ts', status, assertionResults: statuses.map((s) => ({ fullName: 'x', status: s })) }],
  })

const go = (...events: readonly (readonly [string, string | undefined])[]) =>
  events.map(([Action, Test]) => JSON.stringify({ Action, Test, Package: 'p' })).join('\n')

/** Adds up reports as `.ci/run` does: the last line and the exit code. */
function sum(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-ci-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const { stdout, status } = spawnSync(process.execPath, [join(root, '.ci', 'sum.mjs'), folder], { encoding: 'utf8' })
    return [stdout.trimEnd().split('\n').at(-1), status]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test.for([
  ['all passed', { 'test.exit': '0', 'test.json': vitest(['passed', 'passed']) }, '2 passed, 0 failed', 0],
  ['one failed', { 'test.exit': '1', 'test.json': vitest(['passed', 'failed'], false) }, '1 passed, 1 failed', 1],
  ['one skipped', { 'test.exit': '0', 'test.json': vitest(['passed', 'skipped']) }, '1 passed, 1 failed', 1],
  ['one to do', { 'test.exit': '0', 'test.json': vitest(['passed', 'todo']) }, '1 passed, 1 failed', 1],
  [
    'a file that does not load',
    { 'test.exit': '1', 'test.json': vitest([], false, 'failed') },
    '0 passed, 1 failed',
    1,
  ],
  ['a file without tests', { 'test.exit': '0', 'test.json': vitest([]) }, '0 passed, 1 failed', 1],
  ['an error outside of tests', { 'test.exit': '1', 'test.json': vitest(['passed'], false) }, '1 passed, 1 failed', 1],
  ['a crash after the report', { 'test.exit': '139', 'test.json': vitest(['passed']) }, '1 passed, 1 failed', 1],
  ['no report', { 'test.exit': '1' }, '0 passed, 1 failed', 1],
  ['half a report', { 'test.exit': '1', 'test.json': '{"testRes' }, '0 passed, 1 failed', 1],
  ['no report and no failure', { 'test.exit': '0' }, '0 passed, 1 failed', 1],
  ['nothing at all', {}, '0 passed, 1 failed', 1],
  [
    'Go tests, a group not counted',
    { 'go.exit': '0', 'go.jsonl': go(['pass', 'A/one'], ['pass', 'A/two'], ['pass', 'A'], ['pass', undefined]) },
    '2 passed, 0 failed',
    0,
  ],
  ['a Go test skipped', { 'go.exit': '0', 'go.jsonl': go(['pass', 'A'], ['skip', 'B']) }, '1 passed, 1 failed', 1],
  ['Go that does not build', { 'go.exit': '1', 'go.jsonl': go(['fail', undefined]) }, '0 passed, 1 failed', 1],
  [
    'peers that could not be had',
    { 'test.exit': '0', 'test.json': vitest(['passed']), 'peers.exit': '1' },
    '1 passed, 1 failed',
    1,
  ],
] as const)('the sum of CI: %s', ([, files, line, code]) => {
  expect(sum(files)).toEqual([line, code])
})
