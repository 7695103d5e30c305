import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { createSite, run, type Site } from './harness.ts'

let site: Site
beforeEach(async () => {
  site = await createSite()
}, 60_000)
afterEach(() => site.remove())

const kindsOf = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { kind: string }).kind)

test('a process ships what it records, from its start to its stop, and goes on where it was', async () => {
  const sinks = {
    local: { type: 'file', path: 'out/records.ndjson', mask: ['/facts/config'] },
    out: { type: 'stdout' },
    away: { type: 'http', url: 'http://127.0.0.1:1/' },
  }
  await site.configure({ audit: { sinks } })
  const path = join(site.folder, 'out', 'records.ndjson')
  for (const time of [1, 2]) {
    const process = run(['start'], site.folder)
    let out = ''
    process.child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text))
    await process.says(/audit sink away: cannot deliver: no connection/)
    await eventually(() => expect(existsSync(path)).toBe(true))
    await eventually(() => expect(kindsOf(out)).toContain('start'))
    process.child.kill('SIGTERM')
    expect(await process.ended()).toBe(0)
    const kinds = kindsOf(readFileSync(path, 'utf8')).filter((kind) => kind !== 'checkpoint')
    expect(kinds.filter((kind) => kind === 'start')).toHaveLength(time)
    expect(kinds.filter((kind) => kind === 'stop')).toHaveLength(time)
    expect(kindsOf(out).filter((kind) => kind === 'start')).toHaveLength(1) // not those of the time before
  }
  expect(readFileSync(path, 'utf8')).toMatch(/"erased":\["\/facts\/config"\]/)
  const { next } = JSON.parse(readFileSync(join(site.folder, 'state', 'sinks', 'local.cursor'), 'utf8')) as {
    next: number
  }
  expect(next).toBeGreaterThan(3)
}, 60_000)
