import { type ErrorCode, errorCodes, maxPayloadBytes, maxWindow, settingIds } from './frames.ts'
import { tableBytes } from './hpack/decoder.ts'

/** What a client says of itself (RFC 9113 §6.5.2), as far as it matters here. */
export interface PeerSettings {
  /** The window of each stream as it begins. */
  readonly initialWindow?: number
  readonly maxPayloadBytes?: number
  /** Whether it keeps fewer bytes of fields than it begins with. */
  readonly keepsLess?: true
}

const pairBytes = 6
const mostPayloadBytes = 2 ** 24 - 1

/** What streams keep to while they send. */
export interface Sending {
  /** The window of the connection, and that of a new stream. */
  window: number
  initialWindow: number
  payloadBytes: number
  /** Whether the next block of fields must say that nothing is kept. */
  tellsNothingKept: boolean
}

/** Takes the payload of SETTINGS into use. Answers the error that ends the connection. */
export function takeSettings(
  payload: Buffer,
  sending: Sending,
  streams: Iterable<{ widen(bytes: number): ErrorCode | undefined }>,
): ErrorCode | undefined {
  const settings = readSettings(payload)
  if (typeof settings === 'number') return settings
  sending.payloadBytes = settings.maxPayloadBytes ?? sending.payloadBytes
  if (settings.keepsLess) sending.tellsNothingKept = true
  const { initialWindow = sending.initialWindow } = settings
  const more = initialWindow - sending.initialWindow
  sending.initialWindow = initialWindow
  if (more === 0) return undefined
  for (const stream of streams) if (stream.widen(more) !== undefined) return errorCodes.flowControl
  return undefined
}

/** Reads the payload of SETTINGS; answers the error that ends the connection. The last value of a setting counts. */
export function readSettings(payload: Buffer): PeerSettings | ErrorCode {
  if (payload.length % pairBytes !== 0) return errorCodes.frameSize
  let settings: PeerSettings = {}
  for (let at = 0; at < payload.length; at += pairBytes) {
    const value = payload.readUInt32BE(at + 2)
    switch (payload.readUInt16BE(at)) {
      case settingIds.headerTableSize:
        if (value < tableBytes) settings = { ...settings, keepsLess: true }
        break
      case settingIds.enablePush:
        if (value > 1) return errorCodes.protocol
        break
      case settingIds.initialWindowSize:
        if (value > maxWindow) return errorCodes.flowControl
        settings = { ...settings, initialWindow: value }
        break
      case settingIds.maxFrameSize:
        if (value < maxPayloadBytes || value > mostPayloadBytes) return errorCodes.protocol
        settings = { ...settings, maxPayloadBytes: value }
        break
      default: // unknown ones are ignored (§6.5.2), and others bound what is never sent here
    }
  }
  return settings
}
