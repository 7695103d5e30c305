import { readdirSync, readFileSync } from 'node:fs'

/** CPU a process has spent so far, in microseconds, user and system, all of its threads. Linux only. */
export function cpuTime(pid: number): number {
  const exact = readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + threadTime(pid, thread), 0)
  // Threads that ended are only in the sum of the process, which counts in ticks of 10 ms.
  const ticks = processTicks(readFileSync(`/proc/${pid}/stat`, 'utf8')) * 10_000
  return ticks > exact * 1.02 + 50_000 ? ticks : exact
}

/** Nanoseconds on a CPU; a thread that ended meanwhile has none. */
function threadTime(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1000
  } catch {
    return 0
  }
}

/** utime and stime, fields 14 and 15 of proc(5); the name of the command before them may contain anything. */
export function processTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}
