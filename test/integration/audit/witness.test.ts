import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPdp, type Pdp } from '../../../pdp/compose/pdp.ts'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import { systemSurroundings } from '../../../pdp/process/system.ts'
import { eventually } from '../../support/eventually.ts'
import { exampleBundle } from '../../support/bundles.ts'
import { svidKey, trustDomain } from '../../support/world.ts'
import { createCosigner } from '../../support/witness.ts'
import { command } from '../../unit/cli/harness.ts'

// A witness made of the note, tree and cosignature code of other projects (test/peers/witness) beside whole decision points.

const peer = fileURLToPath(new URL('../../../build/peers/witness-peer', import.meta.url))

let base = ''
let state = ''
let policy = ''
let stop: (() => Promise<unknown>)[] = []
const told: string[] = []
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'witnessed-'))
  state = join(base, 'state')
  policy = join(base, 'witnesses.policy')
  stop = []
  told.length = 0
  writeFileSync(join(base, 'orders.tar.gz'), await exampleBundle('orders'))
  writeFileSync(join(base, 'bundle.json'), JSON.stringify({ keys: [svidKey.jwk] }))
})
afterEach(async () => {
  for (const end of stop.reverse()) await end()
  rmSync(base, { recursive: true })
})

async function startWitness(logKey: string): Promise<{ readonly url: string; readonly vkey: string }> {
  const child = spawn(peer, [logKey], { stdio: ['pipe', 'pipe', 'inherit'] })
  stop.push(async () => {
    child.stdin.end()
    await once(child, 'exit')
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return JSON.parse(line) as { readonly url: string; readonly vkey: string }
}

async function start(witnessed: boolean): Promise<Pdp> {
  const path = '/ns/{namespace}/sa/{service_account}'
  const parsed = parseConfig({
    services: { orders: { audiences: ['https://orders.example.org'], environment: 'production', peps: ['gateway'] } },
    peps: { gateway: { none: true } },
    trust: [{ spiffe: trustDomain, from: `file:${join(base, 'bundle.json')}`, environment: 'production', path }],
    bundles: { orders: { file: join(base, 'orders.tar.gz'), unsigned: true } },
    state,
    audit: { ...(witnessed && { witnesses: { policy, every_s: 0.1 } }) },
  })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return createPdp(parsed.value, { ...systemSurroundings(), events: { sinkSaid: (line) => void told.push(line) } })
}

const log = () => join(state, 'audit')
const vkey = () => join(state, 'keys', 'audit-log.vkey')
const verify = () => command(['audit', 'verify', log(), '--vkey', vkey(), '--policy', policy])
const grow = async (pdp: Pdp, events: number) => {
  for (let n = 0; n < events; n++) await pdp.recordEvent('admin', { act: `event-${n}` })
}
const witnessedSize = (pdp: Pdp) => pdp.status().audit.witnessed?.size ?? 0

test('a log is cosigned as it grows; its checkpoint, a proof and who verifies by policy have it; one that goes back is found out', async () => {
  await (await start(false)).close() // it makes its key
  const logKey = readFileSync(vkey(), 'utf8').trim()
  const witness = await startWitness(logKey)
  const dead = createCosigner('witness.example/dead').vkey
  writeFileSync(
    policy,
    `log ${logKey}\nwitness a ${witness.vkey} ${witness.url}\nwitness b ${dead} http://127.0.0.1:1/\ngroup g any a b\nquorum g\n`,
  )
  expect(await verify(), 'before there are witnesses').toMatchObject({
    code: 3,
    said: expect.stringMatching(/checkpoint\.witnessed: is missing/),
  })

  const pdp = await start(true)
  await grow(pdp, 300)
  await eventually(() => expect(witnessedSize(pdp)).toBeGreaterThan(300))
  const before = witnessedSize(pdp)
  cpSync(state, join(base, 'older'), { recursive: true })
  await grow(pdp, 400)
  await eventually(() => expect(witnessedSize(pdp)).toBeGreaterThan(before + 399))
  expect(pdp.status().audit.witnessed).toMatchObject({
    ageSeconds: expect.any(Number),
    witnesses: { a: { size: witnessedSize(pdp) }, b: { size: 0, problem: expect.any(String) } },
  })
  const served = await pdp.readLog('witnessed/checkpoint')
  expect(Buffer.from(served?.bytes ?? []).toString()).toContain('— witness.example/w1 ')
  expect((await pdp.readLog('witnessed/tile/entries/000'))?.lasting).toBe(true)
  await pdp.close()

  expect(await verify()).toMatchObject({
    code: 0,
    said: expect.stringMatching(/records are under a checkpoint that a cosigned/),
  })
  const cosigned = readFileSync(join(log(), 'checkpoint.witnessed'))
  for (let at = 0; at < cosigned.length; at += 37) {
    const flipped = Buffer.from(cosigned)
    flipped.writeUInt8(flipped.readUInt8(at) ^ 0x10, at)
    writeFileSync(join(log(), 'checkpoint.witnessed'), flipped)
    const { code, said } = await verify()
    expect(code, `byte ${at}`).not.toBe(0)
    expect(said, `byte ${at}`).toMatch(/checkpoint\.witnessed: /)
  }
  writeFileSync(join(log(), 'checkpoint.witnessed'), cosigned)
  const proof = join(base, 'x.tlog-proof')
  const record = join(base, 'record.json')
  const prove = (...more: readonly string[]) => command(['audit', 'prove', log(), '5', '--vkey', vkey(), ...more])
  const check = (...more: readonly string[]) => command(['audit', 'check', proof, record, '--vkey', vkey(), ...more])
  writeFileSync(record, (await prove('--record')).out)
  writeFileSync(proof, (await prove()).out)
  expect(await check()).toMatchObject({ code: 0 })
  expect(await check('--policy', policy), 'a checkpoint without cosignatures').toMatchObject({ code: 3 })
  writeFileSync(proof, (await prove('--witnessed')).out)
  expect(await check('--policy', policy)).toMatchObject({ code: 0 })
  writeFileSync(policy, readFileSync(policy, 'utf8').replace('any', 'all'))
  expect(await check('--policy', policy), 'another quorum').toMatchObject({ code: 3 })
  expect(await verify()).toMatchObject({ code: 3, said: expect.stringMatching(/not cosigned by a quorum/) })
  writeFileSync(policy, readFileSync(policy, 'utf8').replace('all', 'any'))

  rmSync(state, { recursive: true })
  cpSync(join(base, 'older'), state, { recursive: true })
  const older = await start(true)
  await eventually(() =>
    expect(told.join('\n')).toMatch(/witness a: ALARM: it cosigned [0-9]+ records, and the log has/),
  )
  expect(witnessedSize(older)).toBe(0)
  await older.close()
}, 60_000)
