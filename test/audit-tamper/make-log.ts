import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openFileLog } from '../../pdp/audit/file-log.ts'
import { nodeLogFiles } from '../../pdp/audit/node-log-files.ts'
import { removeSegments } from '../../pdp/audit/prune-log.ts'
import { segmentsAmong } from '../../pdp/audit/segments.ts'
import { endorseKey, type Replacement } from '../../pdp/audit/tree/endorse-key.ts'
import { adoptNextKey, makeNextKey, openLogKeys } from '../../pdp/audit/tree/log-key.ts'
import { nodeTreeFiles } from '../../pdp/audit/tree/node-tree-files.ts'
import type { NoteVerifier } from '../../pdp/audit/tree/note-key.ts'
import { openTreeBuilder } from '../../pdp/audit/tree/tree-builder.ts'
import { pruneAct } from '../../pdp/audit/verify/verify-lines.ts'
import { bareRecord, decisionRecord, eventRecord, stamp } from '../unit/audit/sample-records.ts'

/** A log at rest. `records`: how many it has, one of which tells of a torn line, which lies beside it. */
export interface RestingLog {
  readonly folder: string
  readonly vkeyFile: string
  readonly verifier: NoteVerifier
  readonly records: number
}

/**
 * `segmentBytes`: how long a file becomes. `pruned`: the first file is removed, as the log then tells. `rotated`: unless
 * false, another key signs in the end.
 */
export interface MadeLog {
  readonly segmentBytes?: number | undefined
  readonly pruned?: boolean
  readonly rotated?: boolean
}

/**
 * Writes a log of `count` records as a process does, with a crash and three checkpoints on the way.
 */
export async function makeLog(base: string, count: number, more: MadeLog = {}): Promise<RestingLog> {
  const { segmentBytes, pruned = false, rotated = true } = more
  const folder = join(base, 'audit')
  const path = join(folder, 'records.ndjson')
  const key = join(base, 'keys', 'audit-log.key')
  const places = { log: path, folder: join(folder, 'tree'), signed: join(base, 'keys', 'audit-log.signed') }
  mkdirSync(folder, { recursive: true })
  openLogKeys(key, 'host.example')
  let n = 0
  for (const until of [1, Math.ceil(count / 2), count - 1]) {
    const log = await openFileLog({
      path,
      durability: 'written',
      stamp,
      ...(segmentBytes !== undefined && { segmentBytes }),
    })
    if (until === count - 1 && rotated) {
      const { signer } = openLogKeys(key, 'host.example')
      const next = makeNextKey(key)
      await log.append({ ...eventRecord('key', n++), kind: 'key', facts: keyFacts(endorseKey(signer, next)) })
      adoptNextKey(key, next)
    }
    while (n < until - 1) await log.append(n++ % 8 === 0 ? decisionRecord(n) : bareRecord(n))
    const [, second = 0] = segmentsAmong(readdirSync(folder), path)
    const prunes = until === count - 1 && pruned
    if (n < until)
      await log.append(
        prunes ? { ...eventRecord('admin', n++), kind: 'admin', facts: pruneFacts(second) } : bareRecord(n++),
      )
    await log.close()
    const { signer, previous } = openLogKeys(key, 'host.example')
    const builder = openTreeBuilder(places, signer, log.extent(), nodeTreeFiles, previous)
    builder.advance(log.extent())
    builder.close()
    if (prunes) await removeSegments(path, second, nodeLogFiles)
    if (until === 1) writeFileSync(path, '{"v":1,"kind":"decision","seq":1,"id":"0199', { flag: 'a' }) // a crash
  }
  return {
    folder,
    vkeyFile: key.replace('.key', '.vkey'),
    verifier: openLogKeys(key, 'host.example').signer,
    records: count,
  }
}

const keyFacts = (replacement: Replacement) => ({ act: 'replaced', purpose: 'audit-log', ...replacement }) as const
const pruneFacts = (before: number) => ({ act: pruneAct, outcome: 'done', target: String(before) }) as const
