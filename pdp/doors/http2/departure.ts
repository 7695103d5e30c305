import { errorCodes, frameOf, frameTypes, goAwayFrame, maxStreamId } from './frames.ts'

/** How a connection ends without a failed request (RFC 9113 §6.8). */
export interface Departure {
  /** Tells the client to go elsewhere. What it sent before it heard of that is still answered. */
  begin(): void
  /** Takes the answer to a ping, which may be the one that says that it heard. */
  heard(payload: Buffer): void
  /** Whether a new stream of this id is still served. */
  serves(id: number): boolean
  /** Whether the last id is told, so that the connection ends with its last stream. */
  isTold(): boolean
  /** Waits no longer for a client that does not answer. */
  look(): void
}

export interface DepartureParts {
  push(bytes: Uint8Array): void
  turn(): number
  lastStream(): number
  /** The last id was told. */
  told(): void
}

const ping = Buffer.from('go away!')
const turnsToAnswer = 2

/** First says that no stream was refused yet, with a ping: its answer comes behind whatever the client had sent. */
export function createDeparture({ push, turn, lastStream, told }: DepartureParts): Departure {
  let since: number | undefined
  let last = maxStreamId
  const tell = () => {
    if (since === undefined || last < maxStreamId) return
    last = lastStream()
    push(goAwayFrame(last, errorCodes.none))
    told()
  }
  return {
    begin() {
      if (since !== undefined) return
      since = turn()
      push(goAwayFrame(maxStreamId, errorCodes.none))
      push(frameOf(frameTypes.ping, 0, 0, ping))
    },
    heard(payload) {
      if (payload.equals(ping)) tell()
    },
    serves: (id) => id <= last,
    isTold: () => last < maxStreamId,
    look() {
      if (since !== undefined && turn() - since >= turnsToAnswer) tell()
    },
  }
}
