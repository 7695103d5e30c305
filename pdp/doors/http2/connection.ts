import type { Socket } from 'node:net'
import { createDeparture } from './departure.ts'
import { createFloodLimits } from './flood-limits.ts'
import { createFrameReader } from './frame-reader.ts'
import { formFault } from './frame-rules.ts'
import {
  type ErrorCode,
  errorCodes,
  frameFlags,
  frameOf,
  frameTypes,
  goAwayFrame,
  initialWindow,
  maxPayloadBytes,
  maxWindow,
  numberFrame,
  settingIds,
  settingsFrame,
} from './frames.ts'
import { anyLength, createHeadReader } from './head-reader.ts'
import { createHeaderBlocks, type HeaderBlock, unpadded } from './header-blocks.ts'
import { writeFields } from './hpack/write-fields.ts'
import { createOutbox } from './outbox.ts'
import type { ReceiveBudget } from './receive-budget.ts'
import { headLimits, type RequestHead } from './request-head.ts'
import { takeSettings } from './settings.ts'
import { createStreamTable } from './stream-table.ts'
import { createStream, type Opener, type Wire } from './stream.ts'

/** What connections of a server share. Lengths of time are counted in turns of its clock. */
export interface ConnectionParts {
  /** Who answers what a head asks for. Called once for heads that come again. */
  readonly route: (head: RequestHead, socket: Socket) => Opener
  readonly streams: number
  readonly budget: ReceiveBudget
  readonly turn: () => number
  /** For a client to go on with what it began, and until a connection on which nothing happens is ended. */
  readonly patience: number
  readonly idle: number
}

export interface Connection {
  /** Tells the client to go elsewhere. What is open is answered; the connection ends with its last stream. */
  leave(): void
  /** Looks at what takes too long; called once a turn. */
  look(): void
  /** Begins another second of what floods are counted in. */
  renew(): void
  destroy(): void
}

type Handler = (flags: number, stream: number, payload: Buffer) => ErrorCode | undefined

const connectionWindow = 524_288
const tooLong = writeFields([[':status', '431']])
const turnsToEnd = 2

/** Speaks HTTP/2 (RFC 9113) on a connection, as its server. */
export function serveConnection(socket: Socket, parts: ConnectionParts): Connection {
  const { turn, patience } = parts
  const floods = createFloodLimits()
  const outbox = createOutbox(socket, pump)
  const streams = createStreamTable()
  let received = 0 // of the window of the connection, not given back yet
  let hasSettings = false
  let ended: number | undefined // since this turn nothing is read
  const began = turn()
  let heard = began
  let blockSince: number | undefined // of header fields that did not come whole

  const wire: Wire = {
    push: outbox.push,
    hasRoom: outbox.hasRoom,
    sending: { window: initialWindow, initialWindow, payloadBytes: maxPayloadBytes, tellsNothingKept: false },
    blocked: new Set(),
    budget: parts.budget.share(),
    turn,
    patience,
    gone({ id }, isEarly) {
      streams.remove(id)
      if (isEarly) streams.drop(id)
      endIfEmpty()
    },
  }
  const departure = createDeparture({ push: outbox.push, turn, lastStream: streams.last, told: endIfEmpty })
  const heads = createHeadReader((head) => parts.route(head, socket))
  const blocks = createHeaderBlocks(takeBlock)

  function endIfEmpty(): void {
    if (departure.isTold() && streams.size() === 0) end()
  }

  function end(): void {
    if (ended !== undefined) return
    ended = turn()
    outbox.flush()
    socket.end()
    for (const stream of streams.all()) stream.close(false)
  }

  function fail(code: ErrorCode): void {
    if (ended !== undefined) return
    outbox.push(goAwayFrame(streams.last(), code))
    end()
  }

  /** The error of one stream, which a client brings about by what it must not do. */
  function failStream(id: number, code: ErrorCode): ErrorCode | undefined {
    const stream = streams.get(id)
    if (stream) stream.reset(code)
    else {
      outbox.push(numberFrame(frameTypes.resetStream, id, code))
      streams.drop(id)
    }
    return floods.exceeds('provoked') ? errorCodes.enhanceYourCalm : undefined
  }

  const ofStream = (id: number, code: ErrorCode | undefined) => (code === undefined ? code : failStream(id, code))

  function takeBlock({ stream: id, endStream, bytes }: HeaderBlock): ErrorCode | undefined {
    const stream = streams.get(id)
    if (stream) {
      const trailers = heads.trailers(bytes)
      if (trailers === 'lost') return errorCodes.compression
      if (trailers === 'malformed' || !endStream) return failStream(id, errorCodes.protocol)
      return ofStream(id, stream.receive(Buffer.alloc(0), 0, true))
    }
    if (id <= streams.last()) {
      if (!heads.pass(bytes)) return errorCodes.compression
      return streams.isDropped(id) ? undefined : errorCodes.streamClosed
    }
    streams.reach(id)
    if (!departure.serves(id)) {
      streams.drop(id)
      return heads.pass(bytes) ? undefined : errorCodes.compression
    }
    const head = heads.request(bytes) // also of a stream that is refused: later blocks refer to what it keeps
    if (head.kind === 'lost') return errorCodes.compression
    if (streams.size() >= parts.streams) {
      outbox.push(numberFrame(frameTypes.resetStream, id, errorCodes.refusedStream))
      streams.drop(id)
      return floods.exceeds('refused') ? errorCodes.enhanceYourCalm : undefined
    }
    if (head.kind === 'malformed') return failStream(id, errorCodes.protocol)
    const opened = createStream(id, head.kind === 'route' ? head.contentLength : anyLength, wire)
    streams.add(opened)
    if (head.kind === 'too-long') {
      opened.finish(tooLong)
      return floods.exceeds('provoked') ? errorCodes.enhanceYourCalm : undefined
    }
    opened.begin(head.route)
    return endStream && opened.isOpen() ? ofStream(id, opened.receive(Buffer.alloc(0), 0, true)) : undefined
  }

  /** What asks for nothing. */
  const passOver = (): ErrorCode | undefined => (floods.exceeds('idle') ? errorCodes.enhanceYourCalm : undefined)
  const handlers: Readonly<Record<number, Handler>> = {
    [frameTypes.data](flags, id, payload) {
      if (streams.isIdle(id)) return errorCodes.protocol
      received += payload.length
      if (received > connectionWindow) return errorCodes.flowControl
      giveBack()
      const part = unpadded(flags, payload)
      if (!part) return errorCodes.protocol
      const endStream = (flags & frameFlags.endStream) !== 0
      if (part.length === 0 && !endStream && floods.exceeds('idle')) return errorCodes.enhanceYourCalm
      const stream = streams.get(id)
      if (stream) return ofStream(id, stream.receive(part, payload.length, endStream))
      return streams.isDropped(id) ? undefined : failStream(id, errorCodes.streamClosed)
    },
    [frameTypes.headers](flags, id, payload) {
      return id % 2 === 0 ? errorCodes.protocol : blocks.begin(flags, id, payload)
    },
    [frameTypes.continuation]: () => errorCodes.protocol, // none has begun
    [frameTypes.priority](_, id, payload) {
      if (payload.length !== 5) return streams.isIdle(id) ? errorCodes.frameSize : failStream(id, errorCodes.frameSize)
      return passOver()
    },
    [frameTypes.resetStream](_, id) {
      if (streams.isIdle(id)) return errorCodes.protocol
      streams.get(id)?.close(false)
      return floods.exceeds('reset') ? errorCodes.enhanceYourCalm : undefined
    },
    [frameTypes.settings](flags, _, payload) {
      if (flags & frameFlags.ack) return payload.length === 0 ? passOver() : errorCodes.frameSize
      if (floods.exceeds('settings')) return errorCodes.enhanceYourCalm
      outbox.push(frameOf(frameTypes.settings, frameFlags.ack, 0, Buffer.alloc(0)))
      return takeSettings(payload, wire.sending, streams.all())
    },
    [frameTypes.pushPromise]: () => errorCodes.protocol,
    [frameTypes.ping](flags, _, payload) {
      if (flags & frameFlags.ack) {
        departure.heard(payload)
        return passOver()
      }
      outbox.push(frameOf(frameTypes.ping, frameFlags.ack, 0, payload))
      return floods.exceeds('ping') ? errorCodes.enhanceYourCalm : undefined
    },
    [frameTypes.goAway]: passOver, // the client ends the connection itself
    [frameTypes.windowUpdate](_, id, payload) {
      const bytes = payload.readUInt32BE(0) & maxWindow
      if (floods.exceeds('idle')) return errorCodes.enhanceYourCalm
      if (id === 0) return widen(bytes)
      if (streams.isIdle(id)) return errorCodes.protocol
      if (bytes === 0) return failStream(id, errorCodes.protocol)
      return ofStream(id, streams.get(id)?.widen(bytes))
    },
  }

  function widen(bytes: number): ErrorCode | undefined {
    if (bytes === 0) return errorCodes.protocol
    wire.sending.window += bytes
    if (wire.sending.window > maxWindow) return errorCodes.flowControl
    pump()
    return undefined
  }

  function pump(): void {
    if (wire.blocked.size === 0) return
    const waiting = [...wire.blocked] // those that still wait are behind the others afterwards
    for (const stream of waiting) stream.pump()
  }

  /** Lets the client send on, unless bodies take all that they may: then when there are fewer of them. */
  function giveBack(): void {
    if (received <= connectionWindow / 2 || wire.budget.isFull()) return
    outbox.push(numberFrame(frameTypes.windowUpdate, 0, received))
    received = 0
  }

  function take(type: number, flags: number, id: number, payload: Buffer): boolean {
    if (ended !== undefined) return false
    if (!hasSettings && (type !== frameTypes.settings || flags & frameFlags.ack)) {
      fail(errorCodes.protocol)
      return false
    }
    hasSettings = true
    const code = blocks.isOpen()
      ? type === frameTypes.continuation
        ? blocks.goOn(flags, id, payload)
        : errorCodes.protocol
      : (formFault(type, id, payload.length) ?? (handlers[type] ?? passOver)(flags, id, payload))
    blockSince = blocks.isOpen() ? (blockSince ?? turn()) : undefined
    if (code !== undefined) fail(code)
    return ended === undefined
  }

  const reader = createFrameReader(maxPayloadBytes, take)
  socket.on('data', (chunk: Buffer) => {
    heard = turn()
    if (ended !== undefined) return
    try {
      const fault = reader.read(chunk)
      if (fault) fail(fault === 'preface' ? errorCodes.protocol : errorCodes.frameSize)
    } catch {
      fail(errorCodes.internal) // of one connection, not of all
    }
  })
  socket.on('close', () => {
    ended ??= turn()
    for (const stream of streams.all()) stream.close(false)
  })
  outbox.push(
    settingsFrame([
      [settingIds.maxConcurrentStreams, parts.streams],
      [settingIds.maxHeaderListSize, headLimits.bytes],
    ]),
  )
  outbox.push(numberFrame(frameTypes.windowUpdate, 0, connectionWindow - initialWindow))

  return {
    leave() {
      if (ended === undefined) departure.begin()
    },
    look() {
      const silent = turn() - heard
      if (ended !== undefined && turn() - ended >= turnsToEnd) return void socket.destroy()
      if (!hasSettings && turn() - began >= patience) return void socket.destroy()
      if (outbox.isBackedUp() && silent >= parts.idle) return void socket.destroy()
      if (blockSince !== undefined && turn() - blockSince >= patience) return void socket.destroy()
      departure.look()
      giveBack()
      if (streams.size() === 0 && silent >= parts.idle) departure.begin()
      for (const stream of streams.all()) stream.look()
    },
    renew: floods.renew,
    destroy: () => socket.destroy(),
  }
}
