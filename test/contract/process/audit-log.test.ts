import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openCheckpoint } from '../../../pdp/audit/tree/checkpoint.ts'
import { readNoteVerifier } from '../../../pdp/audit/tree/note-key.ts'
import { command } from '../../unit/cli/harness.ts'
import { ask, createSite, records, type Run, send, serve, type Site, stop } from './harness.ts'

// The audit log as its auditor meets it: of a real process, served while it runs and verified when it has ended.

let site: Site
const running: Run[] = []
const started = async () => {
  const process = await serve(site)
  running.push(process)
  return process
}
beforeEach(async () => {
  site = await createSite()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(stop))
  await site.remove()
})

/** Ends a process in order. */
async function end(process: Run) {
  process.child.kill('SIGTERM')
  expect(await process.ended()).toBe(0)
}

const folder = () => join(site.folder, 'state', 'audit')
const vkeyFile = () => join(site.folder, 'state', 'keys', 'audit-log.vkey')
const verify = (...more: readonly string[]) => command(['audit', 'verify', folder(), '--vkey', vkeyFile(), ...more])

test('a checkpoint comes by itself, is served, and the log goes on from it after a restart', async () => {
  const first = await started()
  await ask(first.decisions, site.key)
  const verifier = readNoteVerifier(readFileSync(vkeyFile(), 'utf8').trim()) ?? expect.unreachable('a key')
  expect(statSync(vkeyFile().replace('.vkey', '.key')).mode & 0o777).toBe(0o600)
  const note = await vi.waitFor(
    async () => {
      const { status, body } = await send(first.admin, '/audit/checkpoint')
      expect(status).toBe(200)
      const opened = openCheckpoint(Buffer.from(body), verifier)
      expect(opened).toMatchObject({ ok: true, checkpoint: { size: 3 } }) // start, its key, the decision
      return body
    },
    { timeout: 10_000, interval: 100 },
  )
  expect((await send(first.admin, '/audit/tile/0/000.p/3')).status).toBe(200)
  expect((await send(first.admin, '/audit/tile/0/000.p/4')).status).toBe(404)
  expect((await verify()).code, 'while it is written').toBe(0)
  await end(first)

  const second = await started()
  await ask(second.decisions, site.key)
  await end(second)
  const saved = join(site.folder, 'saved')
  writeFileSync(saved, note)
  const { code, out, said } = await verify('--since', saved)
  expect({ code, said }).toEqual({ code: 0, said: '' })
  expect(out).toMatch(/^sound: 7 of 7 records are under the checkpoint/)
  const log = await records(site)
  expect(log.map(({ kind }) => kind)).toEqual(['start', 'key', 'decision', 'stop', 'start', 'decision', 'stop'])
  expect(log[4]).toMatchObject({ facts: { log: verifier.vkey } })
})

test('requests refused before a decision are one record', async () => {
  const pdp = await started()
  for (let n = 0; n < 5; n++) await ask(pdp.decisions, `${site.key}x`)
  await send(pdp.decisions, '/nowhere')
  await end(pdp)
  const aggregates = (await records(site)).filter(({ kind }) => kind === 'aggregate')
  expect(aggregates).toMatchObject([
    { facts: { of: 'requests', count: 6, codes: { PEP_UNAUTHENTICATED: 5, NOT_FOUND: 1 } } },
  ])
})

test('a log that was changed while the process was away is not gone on with', async () => {
  const first = await started()
  await ask(first.decisions, site.key)
  await end(first)
  const path = join(folder(), 'records.ndjson')
  writeFileSync(path, readFileSync(path, 'utf8').replace('"effect":"allow"', '"effect":"deny" '))
  expect((await verify()).code).toBe(2)
  await expect(started()).rejects.toThrow(/does not begin with the \d+ records of its checkpoint/)
})
