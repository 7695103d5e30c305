import type { Answer } from '../load/response-reader.ts'
import { type CallTarget, sendCalls } from '../load/send-calls.ts'
import { type Load, type Sent, sendLoad } from '../load/send-load.ts'
import type { Presented, Topic } from './contender.ts'

/** A listener of a contender: what a question is in its protocol, and whether an answer allows it. */
export interface Door {
  /** The whole HTTP request, or the message of the call with the prefix of gRPC. */
  request(topic: Topic, presented: Presented): Buffer
  isAllow(answer: Answer): boolean
  send(load: Omit<Load, 'host' | 'port'>): Promise<Sent>
}

export const httpDoor = (port: number, door: Pick<Door, 'request' | 'isAllow'>): Door => ({
  ...door,
  send: (load) => sendLoad({ ...load, host: '127.0.0.1', port }),
})

export const grpcDoor = (port: number, target: CallTarget, door: Pick<Door, 'request' | 'isAllow'>): Door => ({
  ...door,
  send: (load) => sendCalls({ ...load, host: '127.0.0.1', port }, target),
})
