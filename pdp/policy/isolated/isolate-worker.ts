// The entry of an evaluation thread: holds one instance of one policy, because an evaluation blocks its thread for as
// long as it takes and can only be stopped by ending that thread.
import { workerData } from 'node:worker_threads'
import { createEvaluationContext } from '../evaluation-context.ts'
import { createEvaluator, type ReplacedReason } from '../evaluator.ts'
import { startInstance } from '../instance.ts'
import type { IsolateMessage, IsolateRequest, IsolateStart } from './isolate-message.ts'

const { port, module, data, memory }: IsolateStart = workerData
const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()

// Most policies need no builtin of the host, and reading all of them is most of the time that a start takes.
let instance = startInstance(module, text, [], memory)
if (!instance.ok) instance = startInstance(module, text, (await import('../builtins/list.ts')).builtins, memory)
if (!instance.ok) throw new Error(instance.detail)

const reasons: ReplacedReason[] = []
const evaluator = createEvaluator(instance.value, (reason) => reasons.push(reason))
function ranMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
const post = (message: IsolateMessage): void => port.postMessage(message)

port.on('message', ({ entrypoint, text: input, id, now }: IsolateRequest) => {
  const context = createEvaluationContext({ id, now })
  const dumped = evaluator.evaluate(entrypoint, input, context)
  const [replaced] = reasons.splice(0)
  post({ kind: 'answer', dumped, answers: context.answers(), ranMs: ranMs(), ...(replaced && { replaced }) })
})
post({ kind: 'ready', ranMs: ranMs() })
