/** Where Redis is, what it is, and how it is spoken to. */
export interface RedisSettings {
  /** `sentinel`: the nodes are sentinels, which know the master. `cluster`: some of its nodes, which know the others. */
  readonly kind: 'standalone' | 'sentinel' | 'cluster'
  readonly nodes: readonly [RedisNode, ...RedisNode[]]
  /** The group of servers that the sentinels watch, and who we are to the sentinels. */
  readonly sentinel?: { readonly name: string; readonly username?: string; readonly password?: string }
  /** 0 in a cluster. */
  readonly database: number
  /** A user of Redis' access control lists; absent: the default user. */
  readonly username?: string
  readonly password?: string
  /** Absent: no TLS. PEM texts; absent `ca`: the authorities that Node knows. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  /** How long one command may take. */
  readonly timeoutMs: number
}

export interface RedisNode {
  readonly host: string
  readonly port: number
}
