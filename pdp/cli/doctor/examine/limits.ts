import { readFile } from 'node:fs/promises'
import type { Examined, Finding } from './finding.ts'

const own = 320 // health connections, files of the log, what goes out

/** How many files a process may have open here, beside how many connections are let in. */
export async function examineLimits({ config }: Examined): Promise<readonly Finding[]> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(text) ?? []
  if (soft === undefined) return [] // no such file system here
  return [judgeOpenFiles(soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft), config.limits.connections)]
}

/** `allowed`: of open files. `connections`: of each listener of enforcement points. */
export function judgeOpenFiles(allowed: number, connections: number): Finding {
  const needed = connections + own
  const detail = `${allowed} open files allowed here, ${needed} may be needed`
  return allowed < needed
    ? {
        id: 'limits',
        about: 'open files',
        verdict: 'warn',
        detail,
        todo: `ulimit -n ${needed}, or lower limits.connections`,
      }
    : { id: 'limits', about: 'open files', verdict: 'ok', detail }
}
