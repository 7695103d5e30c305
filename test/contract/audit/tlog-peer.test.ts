import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditLogRoute } from '../../../pdp/admin/audit-log.ts'
import { createAdminServer } from '../../../pdp/admin/create-server.ts'
import { toBase64 } from '../../../pdp/audit/tree/merkle-hash.ts'
import { nodeTreeFiles } from '../../../pdp/audit/tree/node-tree-files.ts'
import { openNote } from '../../../pdp/audit/tree/note.ts'
import { proveConsistency } from '../../../pdp/audit/tree/prove-consistency.ts'
import { createTreeReader } from '../../../pdp/audit/tree/serve-tree.ts'
import { proveRecord } from '../../../pdp/audit/verify/prove-record.ts'
import { nodesOf } from '../../../pdp/audit/verify/read-log-files.ts'
import { sha256 } from '../../../pdp/core/digest.ts'
import { createSampleLog, linesOf, type SampleLog } from '../../unit/audit/tree/sample-log.ts'

// Go's packages for transparency logs on the other side of the log: test/peers/tlog.
const peer = fileURLToPath(new URL('../../../build/tlog-peer', import.meta.url))
const bearer = `sp_admin_${'k'.repeat(43)}`

let base = ''
let log: SampleLog
let server: Server
let prefix = ''
const notes: { readonly size: number; readonly note: string }[] = []

// a full tile of level 1 lies below 65,600 records, and partial ones at three levels
const sizes = [1, 2, 255, 256, 257, 1_000, 65_536, 65_600]

beforeAll(async () => {
  const cwd = fileURLToPath(new URL('../../peers/tlog', import.meta.url))
  const args = ['build', '-trimpath', '-buildvcs=false', '-o', peer, '.']
  execFileSync('go', args, { cwd, env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' } })
  base = mkdtempSync(join(tmpdir(), 'tlog-peer-'))
  log = createSampleLog(base)
  const builder = log.open()
  for (const size of sizes) {
    const { note = '' } = builder.advance(log.growTo(size)) ?? {}
    notes.push({ size, note })
  }
  builder.close()
  const read = createTreeReader(log.places, () => log.extent().records, nodeTreeFiles)
  server = createAdminServer({
    routes: [auditLogRoute(async (path) => read(path))],
    operators: () => [{ name: 'auditor', roles: ['audit:read'], digests: [sha256(bearer)] }],
    hosts: ['127.0.0.1'],
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  prefix = `http://127.0.0.1:${port}/audit/`
}, 300_000)

afterAll(() => {
  server?.close().closeAllConnections()
  rmSync(base, { recursive: true })
})

interface Answer {
  readonly size: number
  readonly checked: number
  readonly problems: readonly string[] | null
  readonly signed: string
}

/** Asks the peer, in a process of its own, while this one serves. */
async function ask(request: object): Promise<Answer> {
  const text = await new Promise<string>((resolve, reject) => {
    const child = execFile(peer, { maxBuffer: 64 << 20 }, (error, stdout) => (error ? reject(error) : resolve(stdout)))
    child.stdin?.end(JSON.stringify({ vkey: log.signer.vkey, prefix, bearer, ...request }))
  })
  const answer: Answer = JSON.parse(text)
  return answer
}

describe('what Go says of the log, read over HTTP', () => {
  test('records at every edge are in the tree', async () => {
    const records = [0, 1, 254, 255, 256, 999, 65_535, 65_536, 65_599]
    expect(await ask({ records })).toMatchObject({ size: 65_600, checked: records.length, problems: null })
  })

  test('the tree begins with each that was signed before, by its tiles and by our proof', async () => {
    const before = notes.map(({ size, note }) => ({
      note,
      proof: proveConsistency(nodesOf(log.folder, 65_600), size, 65_600).map(toBase64),
    }))
    expect(await ask({ before })).toMatchObject({ checked: notes.length, problems: null })
    const [one, two, ...rest] = before
    const exchanged = await ask({ before: [{ note: one?.note, proof: two?.proof }, ...rest] })
    expect(exchanged.problems).not.toBeNull()
  })

  test('our proofs of records hold, each for its record alone', async () => {
    const lines = linesOf(log)
    const proofs = [0, 255, 256, 65_599].map((index) => {
      const proved = proveRecord(log.folder, String(index), log.signer)
      if (!proved.ok) throw new Error(proved.problem.detail)
      expect(proved.record).toBe(lines[index])
      return { text: proved.proof, record: proved.record }
    })
    expect(await ask({ proofs })).toMatchObject({ checked: 4, problems: null })
    const swapped = await ask({ proofs: [{ text: proofs[0]?.text, record: proofs[1]?.record }] })
    expect(swapped.problems).not.toBeNull()
  })

  test('a note that Go signs with our key is one of ours', async () => {
    const text = 'host.example/audit/0123456789abcdef\n1\nsigned elsewhere\n'
    const { signed } = await ask({ skey: log.signer.skey, sign: text })
    expect(openNote(Buffer.from(signed), log.signer)).toEqual({ ok: true, text })
  })
})

describe('Go finds what is planted', () => {
  test('a key of another log', async () => {
    const vkey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
    expect((await ask({ vkey, records: [0] })).problems).not.toBeNull()
  })

  test('a log whose record is not what was signed for', async () => {
    const sound = readFileSync(log.places.log)
    const file = nodeTreeFiles.create(log.places.log)
    file.write(Buffer.from(sound.toString().replace('"kind":"decision","seq":9,', '"kind":"decisiom","seq":9,')))
    file.close()
    try {
      expect((await ask({ records: [9] })).problems?.[0]).toContain('record 9')
      expect(await ask({ records: [10] })).toMatchObject({ checked: 1, problems: null })
    } finally {
      const again = nodeTreeFiles.create(log.places.log)
      again.write(sound)
      again.close()
    }
  })
})
