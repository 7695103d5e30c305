import type { SecureContextOptions } from 'node:tls'
import type { Server } from 'node:net'
import { Server as TlsServer } from 'node:tls'

/** The certificate in use by the listeners of a process, and how it is replaced while they serve. */
export interface HeldTls {
  /** What new connections are met with. */
  options(): SecureContextOptions
  /** A server that gets every replacement. */
  add(server: Server): void
  /** Takes what was loaded into use. Connections that are open keep what they began with. */
  replace(next: SecureContextOptions): void
  close(): void
}

/**
 * - `load`: reads and checks the files; rejects where they cannot be used.
 * - `failed`: told why the files were not taken; the certificate in use stays.
 */
export interface WatchTlsParts {
  readonly load: () => Promise<SecureContextOptions | undefined>
  readonly failed: (reason: string) => void
  readonly replaced: () => void
  readonly everyMs: number
}

/**
 * Looks at the files again and again, by content: what mounts certificates swaps links to folders, which no watcher of
 * files tells reliably. The same fault is told once.
 */
export function watchTls(first: SecureContextOptions, { load, failed, replaced, everyMs }: WatchTlsParts): HeldTls {
  const servers: TlsServer[] = []
  let current = first
  let fault: string | undefined
  const replace = (next: SecureContextOptions) => {
    current = next
    for (const server of servers) server.setSecureContext(next)
  }
  const look = async () => {
    try {
      const next = await load()
      fault = undefined
      if (next === undefined || same(next, current)) return
      replace(next)
      replaced()
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'an unknown fault'
      if (reason !== fault) failed(reason)
      fault = reason
    }
  }
  const timer = setInterval(() => void look(), everyMs)
  timer.unref()
  return {
    options: () => current,
    add(server) {
      if (server instanceof TlsServer) servers.push(server)
    },
    replace,
    close: () => clearInterval(timer),
  }
}

const same = (a: SecureContextOptions, b: SecureContextOptions): boolean => a.cert === b.cert && a.key === b.key
