import { type ErrorCode, errorCodes, frameTypes } from './frames.ts'

/** Where frames of a type may stand, and how long they are (RFC 9113 §6). */
interface FrameRule {
  readonly on?: 'connection' | 'stream'
  readonly bytes?: number
  readonly atLeast?: number
}

const rules: Readonly<Record<number, FrameRule>> = {
  [frameTypes.data]: { on: 'stream' },
  [frameTypes.headers]: { on: 'stream' },
  [frameTypes.priority]: { on: 'stream' },
  [frameTypes.resetStream]: { on: 'stream', bytes: 4 },
  [frameTypes.settings]: { on: 'connection' },
  [frameTypes.ping]: { on: 'connection', bytes: 8 },
  [frameTypes.goAway]: { on: 'connection', atLeast: 8 },
  [frameTypes.windowUpdate]: { bytes: 4 },
}

/** The error of the connection that a frame is by its form alone. Types without a rule are not looked into. */
export function formFault(type: number, stream: number, length: number): ErrorCode | undefined {
  const rule = rules[type]
  if (!rule) return undefined
  if (rule.on !== undefined && (rule.on === 'stream') !== stream > 0) return errorCodes.protocol
  const isLength = (rule.bytes ?? length) === length && length >= (rule.atLeast ?? 0)
  return isLength ? undefined : errorCodes.frameSize
}
