/**
 * Every name that stands in Redis, under the prefix of the fleet. docs/fleet.md describes them.
 *
 * A hash tag (`{…}`) keeps names that one script touches on one node of a cluster.
 */
export interface RedisNames {
  /** An answer of a policy; `digest` is that of what was asked of what. */
  readonly decision: (digest: string) => string
  /** A single use that was claimed. */
  readonly use: (digest: string) => string
  /** Since when this Redis has known every claim. */
  readonly usesKnown: string
  /** When a bucket of tokens that the fleet shares will be full again. */
  readonly rate: (digest: string) => string
  /** Every change of what is revoked, in order; and the channel on which it is told that there is another one. */
  readonly revocations: string
  readonly revocationsAdded: string
  /** The registry of clients, whole. */
  readonly clients: string
}

export function createRedisNames(prefix: string): RedisNames {
  return {
    decision: (digest) => `${prefix}decision:${digest}`,
    use: (digest) => `${prefix}{use}:${digest}`,
    usesKnown: `${prefix}{use}-known`,
    rate: (digest) => `${prefix}{rate}:${digest}`,
    revocations: `${prefix}revocations`,
    revocationsAdded: `${prefix}revocations-added`,
    clients: `${prefix}clients`,
  }
}
