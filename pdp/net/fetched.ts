/** Why a fetch gave nothing. `detail` is ours: it never quotes what the other side sent. */
export interface FetchFault {
  readonly kind: FetchFaultKind
  readonly detail: string
}

/**
 * - `url`: not a URL that may be asked at all. `address`: the host is, or resolves to, an address that may not be reached.
 * - `resolve`, `connect`: no address, or no connection to it. `tls`: the connection is not secure, or not to that host.
 * - `timeout`: not complete within the deadline. `cancelled`: given up by the caller.
 * - `redirect`, `status`, `media-type`, `encoding`, `size`, `protocol`: an answer that is not taken.
 */
export type FetchFaultKind =
  | 'url'
  | 'address'
  | 'resolve'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'cancelled'
  | 'redirect'
  | 'status'
  | 'media-type'
  | 'encoding'
  | 'size'
  | 'protocol'

/** An answer that was taken: its status, its headers (lower-case names, one value each) and its whole body. */
export interface Fetched {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
}

export type FetchResult =
  | { readonly ok: true; readonly value: Fetched }
  | { readonly ok: false; readonly fault: FetchFault }

export const fetchFault = (kind: FetchFaultKind, detail: string): FetchResult & { readonly ok: false } => ({
  ok: false,
  fault: { kind, detail },
})
