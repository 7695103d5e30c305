import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { command } from '../../unit/cli/harness.ts'
import { ask, createSite, records, send, serve, type Serving, type Site, stop } from './harness.ts'

// A real process, its administration socket, and the commands that operators give.

let site: Site
let serving: Serving
beforeEach(async () => {
  site = await createSite()
  serving = await serve(site)
})
afterEach(async () => {
  await stop(serving)
  await site.remove()
})

const checkout = 'spiffe://prod.example/ns/shop/sa/checkout'
const give = (...args: readonly string[]) => command([...args, '--admin', serving.admin])
const revoke = (...target: readonly string[]) => give('revoke', ...target, '--reason', 'key was stolen')
const lift = (...target: readonly string[]) => give('unrevoke', ...target, '--reason', 'new key')

async function code(): Promise<string> {
  const { body } = await ask(serving.decisions, site.key)
  return (JSON.parse(body) as { code: string }).code
}

async function restart(): Promise<void> {
  serving.child.kill('SIGKILL')
  await serving.ended()
  serving = await serve(site)
}

test('revoked is refused from the acknowledgement on, also after a kill; lifted is allowed again; all of it is recorded', async () => {
  expect(await code()).toBe('ALLOWED')
  const given = await revoke('--subject', checkout, '--json')
  expect(given.code).toBe(0)
  const { change, reach, stored, recorded } = JSON.parse(given.out) as Record<string, Record<string, unknown>>
  expect({ reach, stored, recorded }).toEqual({ reach: 'fleet', stored: true, recorded: true })
  expect(await code()).toBe('REVOKED')
  await restart()
  expect(await code()).toBe('REVOKED')
  const listed = await give('revocations', '--json')
  expect(
    listed.out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([change])
  expect((await give('revocations')).out).toContain(`subject spiffe://prod.example ${checkout} · local: key was stolen`)
  expect(await lift('--subject', checkout)).toMatchObject({ code: 0 })
  expect(await code()).toBe('ALLOWED')
  await restart()
  expect(await code()).toBe('ALLOWED')
  expect((await give('revocations')).out).toBe('')
  const told = (await records(site)).filter(({ kind }) => kind === 'revocation').map(({ facts }) => facts)
  expect(told).toMatchObject([
    {
      act: 'revoked',
      change: change?.['id'],
      by: 'subject',
      id: checkout,
      reason: 'key was stolen',
      operator: 'local',
    },
    { act: 'restored', by: 'subject', id: checkout, reason: 'new key', operator: 'local' },
  ])
})

test('each kind of target refuses the caller, and no neighbour of it does', async () => {
  for (const target of [
    ['--subject-prefix', 'spiffe://prod.example/ns/shop'],
    ['--trust-domain', 'prod.example'],
    ['--fact', 'namespace=shop'],
    ['--subject', checkout, '--not-before', '2099-01-01T00:00:00Z'],
  ]) {
    expect(await code()).toBe('ALLOWED')
    expect(await revoke(...target)).toMatchObject({ code: 0 })
    expect(await code(), target.join(' ')).toBe('REVOKED')
    expect(await lift(...target.slice(0, 2))).toMatchObject({ code: 0 })
  }
  for (const target of [
    ['--subject-prefix', 'spiffe://prod.example/ns/sho'],
    ['--subject', `${checkout}-2`],
    ['--fact', 'namespace=payments'],
    ['--subject', checkout, '--not-before', '2001-01-01T00:00:00Z'],
    ['--jti', 'other', '--issuer', 'spiffe://prod.example'],
  ]) {
    expect(await revoke(...target)).toMatchObject({ code: 0 })
    expect(await code(), target.join(' ')).toBe('ALLOWED')
  }
})

test('an end comes by itself', async () => {
  expect(await revoke('--subject', checkout, '--for', '1s')).toMatchObject({ code: 0 })
  expect(await code()).toBe('REVOKED')
  await expect.poll(code, { timeout: 5_000 }).toBe('ALLOWED')
})

test('what a command says', async () => {
  const rows: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    ['two things', ['--jti', 'a', '--subject', 'b', '--issuer', 'i'], 64, /name one thing/],
    ['nothing', [], 64, /name one thing/],
    ['no issuer', ['--jti', 'a'], 64, /--issuer/],
    ['a fact without a value', ['--fact', 'namespace'], 64, /NAME=VALUE/],
    ['no length', ['--trust-domain', 'a', '--for', 'soon'], 64, /24h/],
    ['two ends', ['--trust-domain', 'a', '--for', '1h', '--until', '2099-01-01T00:00:00Z'], 64, /only one/],
    ['no time', ['--subject', 'a', '--issuer', 'i', '--not-before', 'now'], 64, /2026-/],
    ['an end in the past', ['--trust-domain', 'a', '--until', '2001-01-01T00:00:00Z'], 3, /in the future/],
    ['a broken prefix', ['--subject-prefix', 'spiffe://a/b/'], 3, /whole path segments/],
  ]
  expect(await revoke('--trust-domain', 'elsewhere.example')).toMatchObject({ code: 0 })
  for (const [name, target, exit, said] of rows) {
    const given = await revoke(...target)
    expect(given.code, name).toBe(exit)
    expect(given.said).toMatch(said)
  }
  expect(await code()).toBe('ALLOWED')
  expect(await lift('--subject', checkout)).toMatchObject({
    code: 3,
    said: expect.stringContaining('nothing is revoked'),
  })
  const nobody = ['revocations', '--admin', `unix:${join(site.folder, 'nobody.sock')}`]
  expect(await command(nobody)).toMatchObject({ code: 5, said: expect.stringContaining('cannot be reached') })
})

test('the listener takes what the description says, and tells what it does not', async () => {
  const post = (path: string, body: unknown) =>
    send(serving.admin, path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const target = { by: 'trust-domain', id: 'elsewhere.example' }
  expect(await post('/v1/revocations', { target, reason: 'x' })).toMatchObject({ status: 200 })
  expect(await post('/v1/revocations', { target })).toMatchObject({
    status: 400,
    body: expect.stringContaining('reason must be a text'),
  })
  expect(await post('/v1/revocations/lift', { target, reason: 'x' })).toMatchObject({ status: 200 })
  expect(await post('/v1/revocations/lift', { target, reason: 'x' })).toMatchObject({ status: 404 })
  const status = JSON.parse((await send(serving.admin, '/v1/status')).body) as Record<string, unknown>
  expect(status['revocation']).toMatchObject({ changes: 2, loaded: true, confirmed: true, stored: true, damaged: [] })
})

test('a damaged file: put aside, told, and nobody is let in until somebody looked', async () => {
  await revoke('--trust-domain', 'elsewhere.example')
  await revoke('--trust-domain', 'other.example')
  serving.child.kill('SIGKILL')
  await serving.ended()
  const folder = join(site.folder, 'state', 'revocations')
  const bytes = await readFile(join(folder, 'changes.log'))
  bytes[60] = (bytes[60] ?? 0) ^ 1
  await writeFile(join(folder, 'changes.log'), bytes)
  serving = await serve(site)
  await serving.says(/not ready: revocation: .*degraded.*changes\.log\.damaged-/)
  expect(await code()).toBe('REVOCATION_UNAVAILABLE')
  expect((await send(serving.health, '/readyz')).status).toBe(503)
  await restart()
  expect(await code()).toBe('REVOCATION_UNAVAILABLE')
  const [aside = ''] = (await readdir(folder)).filter((name) => name.includes('damaged'))
  await rm(join(folder, aside))
  await restart()
  expect(await code()).toBe('ALLOWED')
  expect(await revoke('--trust-domain', 'prod.example')).toMatchObject({ code: 0 })
  expect(await code()).toBe('REVOKED')
})

test('`stale: allow` lets in whom nothing is known against, and is told as degraded', async () => {
  await revoke('--fact', 'namespace=payments')
  await stop(serving)
  const path = join(site.folder, 'state', 'revocations', 'changes.log')
  await writeFile(path, `${await readFile(path, 'utf8')}what is this?\n`)
  await site.configure({ revocation: { stale: 'allow' } })
  serving = await serve(site)
  expect(await code()).toBe('ALLOWED')
  const ready = await send(serving.health, '/readyz?verbose')
  expect(ready).toMatchObject({ status: 200, body: expect.stringContaining('degraded') })
  await revoke('--fact', 'namespace=shop')
  expect(await code()).toBe('REVOKED')
})
