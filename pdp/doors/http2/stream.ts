import {
  type ErrorCode,
  errorCodes,
  frameFlags,
  frameHead,
  frameOf,
  frameTypes,
  initialWindow,
  maxWindow,
  numberFrame,
} from './frames.ts'
import { anyLength } from './head-reader.ts'
import { nothingKept } from './hpack/write-fields.ts'
import type { BudgetShare } from './receive-budget.ts'
import type { Sending } from './settings.ts'

/** A stream, as whoever answers it sees it. Nothing of it fails: what cannot be sent any more is dropped. */
export interface ServerStream {
  /** The header fields of the answer, as a block. */
  respond(block: Uint8Array): void
  write(data: Buffer): void
  /** Ends the answer, with a block of fields behind what was written; alone that is the whole answer. */
  finish(block?: Uint8Array): void
  reset(code: ErrorCode): void
  /** Lets the client send a body of so many bytes in all; without, it may send 65,535. */
  expect(bytes: number): void
  /** Lets the client send so many bytes more. */
  consumed(bytes: number): void
  /** Begins the time anew in which the client has to go on. */
  renew(): void
  isOpen(): boolean
  /** Whether what was written waits for the client. */
  isBackedUp(): boolean
}

/** What is told of a stream. None may throw. */
export interface StreamEvents {
  /** `last`: the end follows at once; else who keeps a part copies it, for it is a view of all that was read. */
  data(part: Buffer, last: boolean): void
  /** The client has said all. */
  end(): void
  /** However it ended, once. */
  closed?(): void
  /** Nothing that was written waits any more. */
  drained?(): void
  /** The client did not go on in time. */
  late(): void
}

/** Begins to answer a stream. */
export type Opener = (stream: ServerStream) => StreamEvents

/** What the streams of a connection share. */
export interface Wire {
  push(bytes: Uint8Array): void
  /** Whether the client takes what is pushed; streams that wait for that are pumped once it does. */
  hasRoom(): boolean
  readonly sending: Sending
  /** Streams that wait for a window. */
  readonly blocked: Set<OpenStream>
  readonly budget: BudgetShare
  /** Turns of the clock so far, and how many a client may take to go on. */
  turn(): number
  readonly patience: number
  /** A stream is no more; `early`: frames of it may still be on their way. */
  gone(stream: OpenStream, early: boolean): void
}

/** A stream, as its connection sees it. Errors that are answered end the stream. */
export interface OpenStream extends ServerStream {
  readonly id: number
  begin(open: Opener): void
  /** `flow`: the bytes of the frame that count for the windows. */
  receive(part: Buffer, flow: number, end: boolean): ErrorCode | undefined
  /** Makes the window of the client greater, or less. */
  widen(bytes: number): ErrorCode | undefined
  /** Sends what the windows let through. */
  pump(): void
  /** It is over without a word more to the client. */
  close(early: boolean): void
  look(): void
}

export function createStream(id: number, contentLength: number, wire: Wire): OpenStream {
  let events: StreamEvents | undefined
  let [isOpen, saidAll] = [true, false]
  let received = 0
  let receiveWindow = initialWindow
  let owed = 0 // of the window, to the client
  let held = 0 // of the body, until it is whole
  let giveBack: (() => void) | undefined
  let sendWindow = wire.sending.initialWindow
  const queue: Buffer[] = []
  let last: Uint8Array | 'no fields' | undefined
  let since = wire.turn()

  const grant = (bytes: number) => {
    receiveWindow += bytes
    if (isOpen && !saidAll) wire.push(numberFrame(frameTypes.windowUpdate, id, bytes))
  }
  const hold = (bytes: number) => {
    held += bytes
    wire.budget.hold(bytes)
  }
  const headers = (fields: Uint8Array, flags: number) => {
    const block = wire.sending.tellsNothingKept ? Buffer.concat([nothingKept, fields]) : fields
    wire.sending.tellsNothingKept = false
    wire.push(frameOf(frameTypes.headers, flags | frameFlags.endHeaders, id, block))
  }

  const stream: OpenStream = {
    id,
    begin(open) {
      events = open(stream)
    },
    respond(fields) {
      if (isOpen) headers(fields, 0)
    },
    write(data) {
      if (!isOpen) return
      if (queue.length === 0) since = wire.turn()
      queue.push(data)
      stream.pump()
    },
    finish(fields) {
      if (!isOpen) return
      last = fields ?? 'no fields'
      stream.pump()
    },
    reset(code) {
      if (!isOpen) return
      wire.push(numberFrame(frameTypes.resetStream, id, code))
      stream.close(true)
    },
    expect(bytes) {
      const more = bytes - initialWindow
      if (more <= 0 || giveBack || !isOpen) return
      giveBack = wire.budget.ask(more, () => grant(more))
    },
    consumed(bytes) {
      hold(-Math.min(bytes, held))
      owed += bytes
      if (owed < initialWindow / 2) return
      grant(owed)
      owed = 0
    },
    renew() {
      since = wire.turn()
    },
    isOpen: () => isOpen,
    isBackedUp: () => queue.length > 0,
    receive(part, flow, end) {
      if (saidAll) return errorCodes.streamClosed
      receiveWindow -= flow
      if (receiveWindow < 0) return errorCodes.flowControl
      received += part.length
      hold(flow)
      if (flow > part.length) stream.consumed(flow - part.length) // padding is of no body
      const isAll = received === contentLength || contentLength === anyLength
      if (end ? !isAll : contentLength !== anyLength && received > contentLength) return errorCodes.protocol
      saidAll = end
      if (end) hold(-held)
      if (part.length > 0) events?.data(part, end)
      if (end) events?.end()
      return undefined
    },
    widen(bytes) {
      sendWindow += bytes
      if (sendWindow > maxWindow) return errorCodes.flowControl
      if (bytes > 0) stream.pump()
      return undefined
    },
    pump() {
      const waited = wire.blocked.delete(stream)
      const { sending } = wire
      for (let data = queue[0]; data; data = queue[0]) {
        const bytes = Math.min(data.length, sendWindow, sending.window, sending.payloadBytes)
        if (bytes <= 0 || !wire.hasRoom()) return void wire.blocked.add(stream)
        sendWindow -= bytes
        sending.window -= bytes
        since = wire.turn()
        wire.push(frameHead(bytes, frameTypes.data, 0, id))
        if (bytes === data.length) {
          wire.push(data)
          queue.shift()
        } else {
          wire.push(data.subarray(0, bytes))
          queue[0] = data.subarray(bytes)
        }
      }
      if (last) {
        if (last === 'no fields') wire.push(frameHead(0, frameTypes.data, frameFlags.endStream, id))
        else headers(last, frameFlags.endStream)
        if (saidAll) stream.close(false)
        else stream.reset(errorCodes.none) // what else it would say is of no use (§8.1)
      } else if (waited) events?.drained?.()
    },
    close(early) {
      if (!isOpen) return
      isOpen = false
      queue.length = 0
      last = undefined
      hold(-held)
      giveBack?.()
      wire.blocked.delete(stream)
      wire.gone(stream, early)
      events?.closed?.()
    },
    look() {
      if (wire.turn() - since < wire.patience) return
      if (queue.length > 0) stream.reset(errorCodes.cancel)
      else if (!saidAll) events?.late()
    },
  }
  return stream
}
