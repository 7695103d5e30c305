import { type FetchFaultKind, fetchFault } from './fetched.ts'
import { AddressRefused } from './guard-lookup.ts'

type Row = readonly [pattern: RegExp, kind: FetchFaultKind, detail: string]

/** Codes of Node and OpenSSL, by what they mean to whoever configured the URL. The first row that fits counts. */
const rows: readonly Row[] = [
  [/^(?:ENOTFOUND|EAI_|ENODATA|ESERVFAIL|ETIMEOUT|EBADNAME)/, 'resolve', 'host name does not resolve'],
  [/^HPE_HEADER_OVERFLOW$/, 'size', 'answered with headers that are too large'],
  [/^HPE_/, 'protocol', 'answer is not HTTP/1.1'],
  [/^ERR_TLS_CERT_ALTNAME/, 'tls', 'certificate is for another host'],
  [/^(?:ERR_SSL|ERR_TLS|EPROTO)/, 'tls', 'no TLS connection of version 1.2 or later'],
  [/CERT|^UNABLE_TO|SELF_SIGNED|^INVALID_(?:CA|PURPOSE)/, 'tls', 'certificate is not trusted; see the ca setting'],
  [/^ECONN(?:REFUSED)|^E(?:HOST|NET)UNREACH|^ETIMEDOUT$/, 'connect', 'no connection to the host'],
  [/^(?:ECONNRESET|EPIPE)$/, 'protocol', 'connection ended before the answer did'],
]

/** The fault that an error of a request stands for. The message of the error is not told: it may quote the other side. */
export function faultOfError(error: Error) {
  if (error instanceof AddressRefused) return fetchFault('address', 'host resolves to no address that may be reached')
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const row = rows.find(([pattern]) => pattern.test(code))
  return row ? fetchFault(row[1], row[2]) : fetchFault('connect', 'request failed')
}
