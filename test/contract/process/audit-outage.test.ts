import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { ask, createSite, records, type Run, send, serve, type Site, stop } from './harness.ts'

let site: Site
const running: Run[] = []
beforeEach(async () => {
  site = await createSite()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(stop))
  await site.remove()
})

// The limit of a process on the size of files stands for a disk that is full: writes fail, and then do not.
const limitFiles = (pid: number, bytes: number | 'unlimited') =>
  promisify(execFile)('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`])

test('disk full: no allow, not ready; when space returns, ready without anyone asking', async () => {
  const pdp = await serve(site)
  running.push(pdp)
  const pid = pdp.child.pid ?? 0
  expect((await ask(pdp.decisions, site.key)).body).toContain('"decision":"allow"')
  const { size } = await stat(join(site.folder, 'state', 'audit', 'records.ndjson'))
  await limitFiles(pid, size)
  expect((await ask(pdp.decisions, site.key)).body).toContain('AUDIT_UNAVAILABLE')
  expect((await send(pdp.health, '/readyz')).status).toBe(503)
  expect((await send(pdp.health, '/livez')).status).toBe(200)
  expect((await send(pdp.health, '/metrics')).body).toMatch(/^sallyport_audit_refused_records_total [1-9]/m)
  await limitFiles(pid, 'unlimited')
  await eventually(async () => expect((await send(pdp.health, '/readyz')).status).toBe(200))
  expect((await ask(pdp.decisions, site.key)).body).toContain('"decision":"allow"')
  pdp.child.kill('SIGTERM')
  expect(await pdp.ended()).toBe(0)
  expect((await records(site)).map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['start', 'decision', 'admin', 'gap', 'stop']),
  )
})
