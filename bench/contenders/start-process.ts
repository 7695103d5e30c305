import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { onServerCore } from '../measure/cores.ts'

/** A process on the core of the servers. */
export interface StartedProcess {
  readonly pid: number
  stop(): Promise<void>
}

const started = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of started) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** Starts a server; all that it prints goes to `output`, a file. */
export async function startProcess(
  command: string,
  args: readonly string[],
  output: string,
  env: Readonly<Record<string, string>> = {},
): Promise<StartedProcess> {
  const file = openSync(output, 'a')
  const [program, programArgs] = onServerCore(command, args)
  const child = spawn(program, programArgs, {
    stdio: ['ignore', file, file],
    env: { ...process.env, ...env },
  })
  closeSync(file)
  started.add(child)
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      started.delete(child)
      resolve()
    })
  })
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', () => resolve(child.pid ?? 0))
  })
  return {
    pid,
    stop: async () => {
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(late)
    },
  }
}
