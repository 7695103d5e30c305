import { nodeTreeFiles } from '../../../../pdp/audit/tree/node-tree-files.ts'
import type { TreeFiles } from '../../../../pdp/audit/tree/tree-files.ts'

export type TreeCall = 'create' | 'write' | 'sync' | 'rename' | 'syncFolder' | 'makeFolder' | 'logSync' | 'remove'

/** `before`: the call does nothing and fails. `after`: it is done, and fails all the same. `part`: of a write, half is done. */
export type TreeFault = 'before' | 'after' | 'part'

/** Whether the n-th of all calls, counted from 0, meets a fault. */
export type TreePlan = (call: TreeCall, n: number) => TreeFault | undefined

/** The file system of the machine with faults planned by the count of all calls that change something. */
export function createFaultyTreeFiles(plan: TreePlan): TreeFiles & { readonly calls: TreeCall[] } {
  const calls: TreeCall[] = []
  function meet<T>(call: TreeCall, real: () => T, half: () => unknown = () => undefined): T {
    const fault = plan(call, calls.length)
    calls.push(call)
    if (fault === 'part') half()
    const result = fault === undefined || fault === 'after' ? real() : undefined
    if (fault !== undefined) throw Object.assign(new Error(`EIO: planted at ${call}`), { code: 'EIO' })
    return result as T // without a fault the real call was made
  }
  return {
    ...nodeTreeFiles,
    calls,
    openLog(path) {
      const log = nodeTreeFiles.openLog(path)
      return { ...log, sync: () => meet('logSync', log.sync) }
    },
    create: (path) =>
      meet('create', () => {
        const file = nodeTreeFiles.create(path)
        return {
          ...file,
          write: (bytes) =>
            meet(
              'write',
              () => file.write(bytes),
              () => file.write(bytes.subarray(0, Math.floor(bytes.length / 2))),
            ),
          sync: () => meet('sync', file.sync),
        }
      }),
    rename: (from, to) => meet('rename', () => nodeTreeFiles.rename(from, to)),
    syncFolder: (path) => meet('syncFolder', () => nodeTreeFiles.syncFolder(path)),
    makeFolder: (path) => meet('makeFolder', () => nodeTreeFiles.makeFolder(path)),
    remove: (path) => meet('remove', () => nodeTreeFiles.remove(path)),
  }
}
