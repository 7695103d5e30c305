import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openCheckpoint } from '../../../pdp/audit/tree/checkpoint.ts'
import { verifyLog } from '../../../pdp/audit/verify/verify-log.ts'
import { createFaultyTreeFiles, type TreeFault } from '../../unit/audit/tree/faulty-tree-files.ts'
import { rootOf } from '../../unit/audit/tree/root-of.ts'
import { createSampleLog, linesOf, type SampleLog } from '../../unit/audit/tree/sample-log.ts'

let base = ''
let log: SampleLog
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tree-faults-'))
  log = createSampleLog(base)
})
afterEach(() => rmSync(base, { recursive: true }))

const rootOfLines = (count: number) => rootOf(linesOf(log).slice(0, count))
const published = () => readFileSync(join(log.places.folder, 'checkpoint'))
const verified = (note?: Uint8Array) =>
  verifyLog({ folder: log.folder, verifier: log.signer, ...(note && { since: { name: 'saved', note } }) })

/** Grows a log over files that may fail; answers how often that was thrown. Each step is tried until it is done. */
function growOver(plan: (call: string, n: number) => TreeFault | undefined, reopen: boolean) {
  const files = createFaultyTreeFiles(plan)
  let thrown = 0
  let builder = log.open(files)
  const notes: Buffer[] = []
  for (const size of [3, 257]) {
    const extent = log.growTo(size)
    for (let tries = 0; tries < 3; tries++) {
      try {
        builder.advance(extent)
        break
      } catch {
        thrown++
        if (existsSync(join(log.places.folder, 'checkpoint'))) {
          // what is published while a step fails is sound
          const problems = verified(notes.at(-1)).problems
          expect(problems, `call ${files.calls.length}`).toEqual([])
        }
        if (!reopen) continue
        builder.close()
        builder = log.open()
      }
    }
    expect(openCheckpoint(published(), log.signer)).toMatchObject({ checkpoint: { size, root: rootOfLines(size) } })
    notes.push(published())
  }
  builder.close()
  for (const note of notes) expect(verified(note).problems).toEqual([])
  return { thrown, calls: files.calls }
}

describe('a fault at every call that changes something', () => {
  test.for<readonly [TreeFault, boolean]>([
    ['before', false],
    ['after', false],
    ['part', false],
    ['before', true],
    ['after', true],
  ])('%s, in another process afterwards: %s', ([fault, reopen]) => {
    const { calls } = growOver(() => undefined, false)
    expect(new Set(calls)).toEqual(
      new Set(['create', 'write', 'sync', 'rename', 'syncFolder', 'makeFolder', 'logSync', 'remove']),
    )
    let struck = 0
    for (const [at, call] of calls.entries()) {
      if (fault === 'part' && call !== 'write') continue
      rmSync(base, { recursive: true })
      log = createSampleLog(base)
      const { thrown } = growOver((_, n) => (n === at ? fault : undefined), reopen)
      expect(thrown, `${call}, call ${at}`).toBe(call === 'remove' ? 0 : 1)
      struck++
    }
    expect(struck).toBeGreaterThanOrEqual(8)
  })
})
