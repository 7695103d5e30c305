import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { auditLogRoute } from '../../../pdp/admin/audit-log.ts'
import { createAdminServer } from '../../../pdp/admin/create-server.ts'
import { createServeThread, type ServeThread } from '../../../pdp/audit/tree/serve-thread.ts'
import { sha256 } from '../../../pdp/core/digest.ts'
import { makeLog, type RestingLog } from '../../audit-tamper/make-log.ts'

// The checker of Tessera, the library that public transparency logs run on, over our log as it is served.

const fsck = fileURLToPath(new URL('../../../build/peers/fsck', import.meta.url))
const bearer = `sp_admin_${'k'.repeat(43)}`
const records = 1_500

let base = ''
let log: RestingLog
let thread: ServeThread
let server: Server
let url = ''
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'fsck-'))
  log = await makeLog(base, records, { segmentBytes: 200_000 })
  const places = {
    log: join(log.folder, 'records.ndjson'),
    folder: join(log.folder, 'tree'),
    signed: join(base, 'keys', 'audit-log.signed'),
  }
  thread = createServeThread(places, () => records)
  server = createAdminServer({
    routes: [auditLogRoute(thread.read)],
    operators: () => [{ name: 'auditor', roles: ['audit:read'], digests: [sha256(bearer)] }],
    hosts: ['127.0.0.1'],
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  url = `http://127.0.0.1:${port}/audit/`
  writeFileSync(join(base, 'key'), readFileSync(log.vkeyFile, 'utf8').trim().split('\n').at(-1) ?? '')
})
afterEach(async () => {
  server.close().closeAllConnections()
  await thread.close()
  rmSync(base, { recursive: true })
})

/** What it says is wrong; it ends with 0 whatever it found. */
async function check(): Promise<string> {
  const args = [`--storage_url=${url}`, `--bearer_token=${bearer}`, `--public_key=${join(base, 'key')}`, '--ui=false']
  const { stderr } = await promisify(execFile)(fsck, [...args, '--v=1', '--N=2'], { timeout: 60_000 })
  return stderr
}

test('our log is sound to it: every bundle of entries and every tile', async () => {
  const said = await check()
  expect(said).not.toMatch(/fsck failed|^E[0-9]/m)
  expect(said).toContain(`Successfully fsck'd log with size ${records}`)
})

test('it finds a record that was changed, a tile that was changed, and a checkpoint of another key', async () => {
  const segment = join(
    log.folder,
    readdirSync(log.folder)
      .filter((name) => name.startsWith('records-'))
      .sort()[0] ?? '',
  )
  const sound = readFileSync(segment)
  writeFileSync(segment, sound.toString().replace('"code":"INTERNAL"', '"code":"ALLOWED_"'))
  expect(await check()).toMatch(/fsck failed/)
  writeFileSync(segment, sound)
  expect(await check(), 'the twin').not.toMatch(/fsck failed/)
  const tile = join(log.folder, 'tree/tile/0/001')
  const hashes = readFileSync(tile)
  writeFileSync(tile, Buffer.concat([Buffer.from([(hashes[0] ?? 0) ^ 1]), hashes.subarray(1)]))
  expect(await check()).toMatch(/fsck failed/)
  writeFileSync(tile, hashes)
  writeFileSync(join(base, 'key'), 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW')
  expect(await check()).toMatch(/fsck failed/)
})
