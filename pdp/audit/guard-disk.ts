import { statfs } from 'node:fs/promises'
import type { AuditRecord } from '../core/record.ts'

/** Bytes that are free where the log stands; `low`: fewer than `reserveBytes`, too few for anything to be allowed. */
export interface DiskStatus {
  readonly freeBytes: number
  readonly low: boolean
  readonly reserveBytes: number
}

/** Watches the disk of a log, so that allows end before it is full: what is left is for denials and losses. */
export interface DiskGuard {
  status(): DiskStatus
  /** Whether the log must not take a record now. */
  refuses(record: AuditRecord): boolean
  close(): void
}

const everyMs = 1_000

/** Looks at once, and each second. A disk that cannot be looked at is as it was. `reserveBytes` of 0 refuses nothing. */
export async function createDiskGuard(
  folder: string,
  reserveBytes: number,
  free: (folder: string) => Promise<number> = freeBytes,
): Promise<DiskGuard> {
  let last = Number.POSITIVE_INFINITY
  const look = async () => {
    last = await free(folder).catch(() => last)
  }
  await look()
  const timer = setInterval(() => void look(), everyMs)
  timer.unref()
  const low = () => last < reserveBytes
  return {
    status: () => ({ freeBytes: last, low: low(), reserveBytes }),
    refuses: (record) => low() && allows(record),
    close: () => clearInterval(timer),
  }
}

/** Whether anybody may act on what a record tells of. */
const allows = (record: AuditRecord): boolean =>
  record.kind === 'decision' && (record.effect === 'allow' || record.questions.some(({ code }) => code === 'ALLOWED'))

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
