import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { compileCache } from '../../support/compile-cache.ts'

const main = fileURLToPath(new URL('../../../pdp/main.ts', import.meta.url))

/** Ports that are free, found by the system. */
export const freePorts = ['--set', 'listen.decisions=127.0.0.1:0', 'listen.health=127.0.0.1:0']

/** A `sallyport` of its own process, and what it printed so far. */
export interface DemoProcess {
  readonly child: ChildProcess
  out(): string
  err(): string
  /** Resolves with the exit code; a process that a signal ended has none. */
  readonly ended: Promise<number | null>
  stop(): Promise<number | null>
}

/** Runs `sallyport` with these arguments. Variables that would be refused, or force colours, are left out first. */
export function runSallyport(
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
  { cwd, start = main }: { readonly cwd?: string; readonly start?: string } = {},
): DemoProcess {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:SALLYPORT_|NODE_ENV$|FORCE_COLOR$)/.test(name))
  const child = spawn(process.execPath, [start, ...args], {
    env: { ...Object.fromEntries(kept), ...compileCache, ...more },
    ...(cwd !== undefined && { cwd }),
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null)
  return {
    child,
    out: () => out,
    err: () => err,
    ended,
    stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

const lastLine = 'Each answer leaves a record:\n'

/** Waits until a demonstration has printed all of its welcome; rejects with what it said if it ended instead. */
export async function untilWelcome(demo: DemoProcess): Promise<string> {
  let code: number | null | undefined
  while (code === undefined) {
    const at = demo.out().indexOf(lastLine)
    if (at >= 0) return demo.out().slice(0, at + lastLine.length)
    code = await Promise.race([demo.ended, wait<undefined>(10)])
  }
  throw new Error(`ended with ${code}: ${demo.err()}`)
}
