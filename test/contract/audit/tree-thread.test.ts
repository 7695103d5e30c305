import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startTreeThread, type TreeThread } from '../../../pdp/audit/tree/tree-thread.ts'
import { instant } from '../../../pdp/core/time.ts'
import { verifyLog } from '../../../pdp/audit/verify/verify-log.ts'
import { createSampleLog, type SampleLog } from '../../unit/audit/tree/sample-log.ts'

let base = ''
let log: SampleLog
let key = ''
let thread: TreeThread | undefined
const reported: string[] = []
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tree-thread-'))
  log = createSampleLog(base)
  key = join(dirname(log.places.signed), 'audit-log.key')
  writeFileSync(key, `${log.signer.skey}\n`)
  reported.length = 0
})
afterEach(async () => {
  await thread?.close(5_000)
  thread = undefined
  rmSync(base, { recursive: true })
})

const start = async () => {
  const { places, extent } = log
  const report = (reason: string) => void reported.push(reason)
  thread = await startTreeThread({
    places,
    key,
    host: 'host.example',
    extent,
    everyMs: 20,
    report,
    now: () => instant(0),
  })
  return thread
}
const problems = () => verifyLog({ folder: log.folder, verifier: log.signer }).problems

test('starts with what the log holds, follows it, and ends with all of it', async () => {
  log.growTo(300)
  const tree = await start()
  expect(tree.status()).toMatchObject({ size: 300 })
  log.growTo(400)
  await vi.waitFor(() => expect(tree.status()).toMatchObject({ size: 400 }), { timeout: 10_000 })
  log.growTo(70_500)
  await tree.close(30_000)
  expect(tree.status()).toMatchObject({ size: 70_500 })
  expect(problems()).toEqual([])
  expect(reported).toEqual([])
})

test('what it cannot do is told once, and done when it can', async () => {
  log.growTo(3)
  const tree = await start()
  const staged = join(log.places.folder, 'staged')
  rmSync(staged, { recursive: true })
  writeFileSync(staged, '') // a file where the folder must be: nothing can be staged
  log.growTo(5)
  await vi.waitFor(() => expect(tree.status()).toMatchObject({ size: 3, problem: expect.anything() }), {
    timeout: 10_000,
  })
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(reported).toHaveLength(1)
  rmSync(staged)
  mkdirSync(staged)
  await vi.waitFor(() => expect(tree.status()).toMatchObject({ size: 5 }), { timeout: 10_000 })
  expect(problems()).toEqual([])
})

test.for([
  ['a key that is none', () => writeFileSync(key, 'nothing'), /is no key of an audit log/],
  ['no log', () => rmSync(log.places.log), /ENOENT/],
] as const)('does not start: %s', async ([, damage, reason]) => {
  log.growTo(3)
  const extent = log.extent()
  damage()
  log = { ...log, extent: () => extent }
  await expect(start()).rejects.toThrow(reason)
})
