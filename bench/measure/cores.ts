import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'

// Servers run on one core and the load on another, so that a server has exactly one and shares it with nobody of ours.
const serverCore = '0'
const loadCore = '1'

const pinning = cpus().length > 1 && spawnSync('taskset', ['--version']).status === 0

/** What to print about it. */
export const coresUsed = pinning
  ? 'servers on core 0, one at a time; load on core 1'
  : 'not pinned to cores: that needs taskset and two cores'

/** The command as it runs on the core of the servers. */
export const onServerCore = (command: string, args: readonly string[]): readonly [string, readonly string[]] =>
  pinning ? ['taskset', ['-c', serverCore, command, ...args]] : [command, args]

/** Moves this process, all of its threads, to the core of the load. */
export function moveToLoadCore(): void {
  if (!pinning) return
  const { status, stderr } = spawnSync('taskset', ['-a', '-c', '-p', loadCore, String(process.pid)], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`taskset: ${stderr}`)
}
