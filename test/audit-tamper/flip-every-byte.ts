import { execFile } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { LogProblem } from '../../pdp/audit/verify/report.ts'
import { verifyLog } from '../../pdp/audit/verify/verify-log.ts'
import type { RestingLog } from './make-log.ts'

/** Which bytes are flipped: of files whose path `of` accepts, every `stride`-th from byte `first`. */
export interface Flips {
  readonly of: (path: string) => boolean
  readonly stride: number
  readonly first: number
}

/** `missed`: `<file>:<byte>` of each flip that was not found in that very file. */
export interface Flipped {
  readonly flips: number
  readonly missed: readonly string[]
}

/** The problems that a verifier finds in a log. */
export type Judge = (log: RestingLog) => readonly Pick<LogProblem, 'file'>[]

export const ownVerifier: Judge = ({ folder, verifier }) => verifyLog({ folder, verifier }).problems

/** Flips one bit of a byte, judges the log, flips it back, and so on for every byte that is asked for. */
export function flipEveryByte(log: RestingLog, { of, stride, first }: Flips, judge: Judge): Flipped {
  if (judge(log).length > 0) throw new Error('the log is not sound before anything is flipped')
  const missed: string[] = []
  let flips = 0
  for (const path of filesOf(log.folder).filter(of)) {
    const bytes = readFileSync(join(log.folder, path))
    const file = openSync(join(log.folder, path), 'r+')
    try {
      for (let at = first % stride; at < bytes.length; at += stride) {
        const byte = bytes[at] ?? 0
        writeSync(file, Buffer.of(byte ^ (1 << (at % 8))), 0, 1, at)
        if (!judge(log).some((problem) => problem.file === path)) missed.push(`${path}:${at}`)
        writeSync(file, Buffer.of(byte), 0, 1, at)
        flips++
      }
    } finally {
      closeSync(file)
    }
  }
  return { flips, missed }
}

/** The same flips, judged by the verifier in Python, in one process beside this one. */
export async function flipForPython(log: RestingLog, { of, stride, first }: Flips): Promise<Flipped> {
  const driver = fileURLToPath(new URL('./flip.py', import.meta.url))
  const paths = filesOf(log.folder).filter(of)
  const args = [driver, log.folder, log.vkeyFile, String(stride), String(first), ...paths]
  const { stdout } = await promisify(execFile)('python3', args, { maxBuffer: 16 * 1024 * 1024 })
  const flipped: Flipped = JSON.parse(stdout)
  return flipped
}

const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort()
