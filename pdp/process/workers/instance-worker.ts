import { openProcessLog } from '../process-log.ts'
import { type RunningInstance, startPdp } from '../start.ts'
import type { CallMessage, ReplyMessage, WorkerCalls } from './messages.ts'

// A worker: a whole instance, which the first process starts, asks and ends. Signals are for that one; where it is gone, the
// worker ends too.

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.stderr.on('error', () => undefined) // who reads it may go away; serving goes on

let running: RunningInstance | undefined
const instance = (): RunningInstance => {
  if (!running) throw new Error('it was not started')
  return running
}

const calls: WorkerCalls = {
  async start({ number, config, umask }) {
    process.umask(umask)
    const say = (line: string) => void process.stderr.write(`${line}\n`)
    const log = await openProcessLog(config, { say, isTerminal: process.stderr.isTTY === true, worker: number })
    running = await startPdp(config, { demo: false, environment: process.env, log, sharedDoors: true })
    return running.urls
  },
  readiness: async () => instance().readiness(),
  status: async () => instance().pdp.status(),
  metrics: async () => instance().metrics.snapshot(),
  reload: (config) => instance().reload(async () => config),
  revoke: (body, by) => instance().pdp.revocations.revoke(body, by),
  lift: (body, by) => instance().pdp.revocations.lift(body, by),
  listRevocations: async (after, maximum) => instance().pdp.revocations.list(after, maximum),
  settleCandidate: (...args) => instance().pdp.candidates.settle(...args),
  readLog: (path) => instance().pdp.readLog(path),
  close: () => instance().close(),
  hurry: async () => instance().hurry(),
}

process.on('message', ({ id, name, args }: CallMessage) => {
  const call = calls[name] as (...args: readonly unknown[]) => Promise<unknown> // the caller's types hold what it takes
  Promise.resolve()
    .then(() => call(...args))
    .then(
      (value) => answer({ id, value }, name === 'close'),
      (error: unknown) =>
        answer({ id, fault: error instanceof Error ? error.message : 'an unknown fault' }, name === 'start'),
    )
})

function answer(reply: ReplyMessage, last: boolean): void {
  process.send?.(reply, undefined, undefined, () => {
    if (last) process.exit('value' in reply && reply.value === true ? 0 : 1)
  })
}
