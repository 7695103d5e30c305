import type { Worker } from 'node:cluster'
import type { CallMessage, CallName, ReplyMessage, WorkerCalls } from './messages.ts'

/** A worker as the first process sees it. */
export interface WorkerHandle {
  readonly pid: number
  /** Rejects with what the worker says, where it ends before an answer, and where it is silent for too long. */
  call<Name extends CallName>(name: Name, ...args: Parameters<WorkerCalls[Name]>): ReturnType<WorkerCalls[Name]>
  /** Its end, by exit code or signal. */
  readonly ended: Promise<number | string>
  kill(): void
}

const patienceMs = 5_000

/** Those that take as long as they take. */
const lengthy: ReadonlySet<CallName> = new Set(['start', 'reload', 'close'])

interface Waiting {
  readonly settle: (reply: ReplyMessage) => void
}

/** Takes a worker that was just forked. */
export function createWorkerHandle(worker: Worker): WorkerHandle {
  const waiting = new Map<number, Waiting>()
  let calls = 0
  let over: string | undefined
  worker.on('message', (reply: ReplyMessage) => waiting.get(reply.id)?.settle(reply))
  worker.on('error', () => undefined) // that it cannot be told something is seen by its silence
  const ended = new Promise<number | string>((resolve) => {
    worker.once('exit', (code, signal) => {
      over = 'it ended'
      for (const [id, { settle }] of waiting) settle({ id, fault: over })
      resolve(signal ?? code)
    })
  })
  const ask = (name: CallName, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (over !== undefined) return reject(new Error(over))
      const id = calls++
      const settle = (reply: ReplyMessage) => {
        clearTimeout(timer)
        waiting.delete(id)
        if ('fault' in reply) reject(new Error(reply.fault))
        else resolve(reply.value)
      }
      const timer = lengthy.has(name)
        ? undefined
        : setTimeout(() => settle({ id, fault: 'it does not answer' }), patienceMs)
      waiting.set(id, { settle })
      worker.send({ id, name, args } satisfies CallMessage, (error) => {
        if (error) settle({ id, fault: 'it cannot be reached' })
      })
    })
  return {
    pid: worker.process.pid ?? 0,
    call: (name, ...args) => ask(name, args) as ReturnType<WorkerCalls[typeof name]>, // the worker's types hold what it answers
    ended,
    kill: () => void worker.process.kill('SIGKILL'),
  }
}
