import type { MessagePort } from 'node:worker_threads'
import type { Frame } from '../../core/frame.ts'
import type { Result } from '../../core/result.ts'
import type { PolicyModule } from '../abi.ts'
import type { BuiltinAnswer } from '../evaluation-context.ts'
import type { ReplacedReason } from '../evaluator.ts'
import type { MemoryLimits } from '../module-memory.ts'

/** What instances of a policy are made of: a module that was compiled once, its data as UTF-8 JSON text, and limits. */
export interface InstanceSource {
  readonly module: PolicyModule
  readonly data: Uint8Array
  readonly memory: MemoryLimits
}

/** What a thread is started with. */
export interface IsolateStart extends InstanceSource {
  readonly port: MessagePort
}

/** One evaluation to be done; the decision's id and time make builtins answer as they do elsewhere in that decision. */
export interface IsolateRequest extends Pick<Frame, 'id' | 'now'> {
  readonly entrypoint: number
  readonly text: string
}

/** Milliseconds that the thread itself has run so far, whatever else ran on its processor. */
interface WithTime {
  readonly ranMs: number
}

/** The dumped text or a refusal, what builtins answered, and why the thread's instance was replaced if it was. */
export interface IsolateReply extends WithTime {
  readonly kind: 'answer'
  readonly dumped: Result<string>
  readonly answers: readonly BuiltinAnswer[]
  readonly replaced?: ReplacedReason
}

/** What a thread says: first that it can evaluate, then one reply to each request. */
export type IsolateMessage = (WithTime & { readonly kind: 'ready' }) | IsolateReply
