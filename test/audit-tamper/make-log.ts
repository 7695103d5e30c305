import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openFileLog } from '../../pdp/audit/file-log.ts'
import { readOrMakeLogKey } from '../../pdp/audit/tree/log-key.ts'
import { nodeTreeFiles } from '../../pdp/audit/tree/node-tree-files.ts'
import type { NoteVerifier } from '../../pdp/audit/tree/note-key.ts'
import { openTreeBuilder } from '../../pdp/audit/tree/tree-builder.ts'
import { bareRecord, decisionRecord, opening } from '../unit/audit/sample-records.ts'

/** A log at rest. `records`: how many it has, one of which tells of a torn line, which lies beside it. */
export interface RestingLog {
  readonly folder: string
  readonly vkeyFile: string
  readonly verifier: NoteVerifier
  readonly records: number
}

/** Writes a log of `count` records as a process does, with a crash and three checkpoints on the way. */
export async function makeLog(base: string, count: number): Promise<RestingLog> {
  const folder = join(base, 'audit')
  const path = join(folder, 'records.ndjson')
  const key = join(base, 'keys', 'audit-log.key')
  const { signer } = readOrMakeLogKey(key, 'host.example')
  const places = { log: path, folder: join(folder, 'tree'), signed: join(base, 'keys', 'audit-log.signed') }
  mkdirSync(folder, { recursive: true })
  let n = 0
  for (const until of [1, Math.ceil(count / 2), count - 1]) {
    const log = await openFileLog({ path, durability: 'written', opening })
    while (n < until) await log.append(n++ % 8 === 0 ? decisionRecord(n) : bareRecord(n))
    await log.close()
    const builder = openTreeBuilder(places, signer, log.extent(), nodeTreeFiles)
    builder.advance(log.extent())
    builder.close()
    if (until === 1) writeFileSync(path, '{"v":1,"kind":"decision","seq":1,"id":"0199', { flag: 'a' }) // a crash
  }
  return { folder, vkeyFile: key.replace('.key', '.vkey'), verifier: signer, records: count }
}
