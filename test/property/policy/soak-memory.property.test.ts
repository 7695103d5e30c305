import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

// The slice of `npm run soak -- memory` that every run of the tests includes, in a process of its own: the resident size
// is one of the process. So few evaluations say little about small leaks, so the ratio is looser than the soak's.

const soak = fileURLToPath(new URL('../../soak/main.ts', import.meta.url))
const evaluations = 100_000

test('evaluations leave no memory behind, nor do those that were aborted', async () => {
  const run = promisify(execFile)(process.execPath, [soak, 'memory', '--evaluations', String(evaluations), '--json'])
  const { stdout } = await run.catch((error: { readonly stdout: string }) => error) // it fails above the soak's ratio
  const [said, json] = stdout.trim().split('\n').slice(-2)
  console.log(said)
  const report: { readonly evaluations: number; readonly aborted: number; readonly ratio: number } = JSON.parse(
    json ?? '',
  )
  expect(report.evaluations).toBe(evaluations)
  expect(report.aborted).toBe(evaluations / 10)
  expect(report.ratio).toBeLessThan(1.15)
}, 180_000)
