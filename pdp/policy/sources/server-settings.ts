import type { Seconds } from '../../core/time.ts'

/** A server that bundles come from. Every reference to a file is its path. */
export interface ServerSettings {
  /** For one request, from the lookup to the last byte. */
  readonly timeout: Seconds
  readonly maximumBytes: number
  /** Authorities in PEM, in place of those that come with Node. */
  readonly ca?: string
  readonly certificate?: { readonly cert: string; readonly key: string }
  readonly bearer?: string
}

/** A token by the client credentials grant (RFC 6749 §4.4). `secret`: the path of its file. */
export interface ClientCredentials {
  readonly tokenUrl: string
  readonly clientId: string
  readonly secret: string
  readonly scope?: string
}
