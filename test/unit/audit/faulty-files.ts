import type { LogFile, LogFiles } from '../../../pdp/audit/log-file.ts'
import { nodeLogFiles } from '../../../pdp/audit/node-log-files.ts'

export type Call = 'write' | 'sync' | 'truncate' | 'size' | 'open'

/** What happens in place of a call. `real` does what was asked, or for a write, so much of it. */
export type Fault = (real: (bytes?: Uint8Array) => Promise<unknown>, bytes: Uint8Array) => unknown

const systemError = (code: string) => Object.assign(new Error(`${code}: planted`), { code })

/** Faults by name: of a short write the rest is asked for again; the others end the call. */
export const faults = {
  'short write': (real, bytes) => real(bytes.subarray(0, Math.ceil(bytes.length / 2))),
  'write of one byte': (real, bytes) => real(bytes.subarray(0, 1)),
  'write of none': async () => 0,
  ENOSPC: async () => {
    throw systemError('ENOSPC')
  },
  'ENOSPC after a part': async (real, bytes) => {
    await real(bytes.subarray(0, Math.ceil(bytes.length / 2)))
    throw systemError('ENOSPC')
  },
  'EIO after all of it': async (real, bytes) => {
    await real(bytes)
    throw systemError('EIO')
  },
  EIO: async () => {
    throw systemError('EIO')
  },
  EROFS: async () => {
    throw systemError('EROFS')
  },
  'a throw': () => {
    throw systemError('EBADF')
  },
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof faults

/** Whether the n-th call of its kind, counted from 0, meets a fault, and which. */
export type Plan = (call: Call, n: number) => FaultName | undefined

/** The file system of the machine with faults planned by call and count. `struck` counts how often one struck. */
export function createFaultyFiles(plan: Plan): LogFiles & { readonly struck: () => number; readonly calls: Call[] } {
  const counts: Record<Call, number> = { write: 0, sync: 0, truncate: 0, size: 0, open: 0 }
  const calls: Call[] = []
  let struck = 0

  const meet = <T>(
    call: Call,
    real: (bytes?: Uint8Array) => Promise<T>,
    bytes: Uint8Array = new Uint8Array(),
  ): Promise<T> => {
    const name = plan(call, counts[call]++)
    calls.push(call)
    if (!name) return real()
    struck++
    return faults[name](real, bytes) as Promise<T> // a fault answers what its call would, or fails
  }

  const wrap = (file: LogFile): LogFile => ({
    ...file,
    size: () => meet('size', () => file.size()),
    write: (bytes) => meet('write', (part) => file.write(part ?? bytes), bytes),
    sync: () => meet('sync', () => file.sync()),
    truncate: (length) => meet('truncate', () => file.truncate(length)),
  })

  return {
    ...nodeLogFiles,
    open: async (path) => wrap(await meet('open', () => nodeLogFiles.open(path))),
    struck: () => struck,
    calls,
  }
}
