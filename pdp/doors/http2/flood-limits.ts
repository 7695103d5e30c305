/**
 * How many frames of a kind one connection may send in a second; more end it. They bound what a peer can make us do for
 * nothing. All of them are far beyond what a proxy can be brought to send by its clients, who choose how many checks it
 * gives up: checks that are in flight on a connection that we end are errors to a proxy, which may let requests pass.
 * What resets cost is bounded elsewhere: a check that was given up counts as under way until it is decided.
 */
const mostPerSecond = {
  /** RST_STREAM (CVE-2023-44487). */
  reset: 50_000,
  /** Frames that make us reset a stream: each is against the protocol (CVE-2025-8671). */
  provoked: 1_000,
  /** Streams beyond those that may be open. */
  refused: 10_000,
  /** SETTINGS, which are answered and change every stream (CVE-2019-9515). */
  settings: 200,
  /** PING, which is answered (CVE-2019-9512). Clients that measure the line send one after another. */
  ping: 20_000,
  /** Frames that say little: PRIORITY, WINDOW_UPDATE, DATA without bytes, unknown ones (CVE-2019-9518). */
  idle: 200_000,
} as const

export interface FloodLimits {
  /** Counts one. True where there were too many. */
  exceeds(kind: keyof typeof mostPerSecond): boolean
  /** Begins another second. */
  renew(): void
}

export function createFloodLimits(): FloodLimits {
  const none = { reset: 0, provoked: 0, refused: 0, settings: 0, ping: 0, idle: 0 }
  let counts = { ...none }
  return {
    exceeds: (kind) => ++counts[kind] > mostPerSecond[kind],
    renew() {
      counts = { ...none }
    },
  }
}
