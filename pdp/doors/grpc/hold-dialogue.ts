import { errorCodes } from '../http2/frames.ts'
import type { ServerStream, StreamEvents } from '../http2/stream.ts'
import { answerEnd, answerHead, faultEnd } from './answers.ts'
import { createGathered } from './gather.ts'
import { firstFramed, framed } from './framing.ts'
import type { DialogueMethod } from './methods.ts'
import { type GrpcFault, grpcFault, grpcStatus } from './status.ts'

/**
 * Answers each message as it comes, no faster than the answers are taken: who asks on without reading would fill our
 * memory. The time to go on counts from the last message. Ends where the client has said all.
 */
export function holdDialogue(stream: ServerStream, method: DialogueMethod, most: number): StreamEvents {
  const rest = createGathered()
  let [said, over] = [false, false]
  const end = (fault?: GrpcFault) => {
    over = true
    stream.finish(fault ? faultEnd(fault) : answerEnd)
  }
  const answerAll = (): void => {
    while (!over && !stream.isBackedUp()) {
      const first = firstFramed(rest.bytes(), most)
      if (first === undefined) break
      const answer = first.ok ? method.answer(first.value.message) : grpcFault(grpcStatus.invalidArgument, first.detail)
      if ('code' in answer) return end(answer)
      if (first.ok) {
        const length = rest.bytes().length - first.value.rest.length
        stream.consumed(length)
        rest.drop(length)
      }
      stream.write(framed(answer))
    }
    if (said && !over && !stream.isBackedUp()) end()
  }
  stream.respond(answerHead)
  return {
    data(part) {
      if (over) return
      rest.add(part)
      stream.renew()
      answerAll()
    },
    end() {
      said = true
      answerAll()
    },
    drained: answerAll,
    late: () => stream.reset(errorCodes.cancel),
  }
}
