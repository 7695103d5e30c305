import { faultOfError } from './fault-of-error.ts'

type Row = readonly [pattern: RegExp, detail: string]

/** Errors of Redis and of the way to it, by what they mean to the operator. The first row that fits counts. */
const rows: readonly Row[] = [
  [/WRONGPASS|invalid password|invalid username/i, 'user name or password is refused'],
  [/NOAUTH|Authentication required/i, 'a password is needed: set fleet.password'],
  [/NOPERM/, 'the user may not use the keys, channels or commands that are needed: see docs/fleet.md'],
  [/All sentinels are unreachable|Sentinels? /i, 'no sentinel knows a master of that name'],
  [/LOADING/, 'is still loading its data'],
  [/max number of clients/, 'has as many clients as it takes'],
  [/slots cache|cluster support disabled/i, 'no node answers as one of a cluster'],
  [/alert certificate required|alert handshake failure/i, 'asks for a certificate: set cert and key of fleet.tls'],
  [/alert (?:unknown ca|bad certificate|certificate \w+)/i, 'does not accept the certificate of fleet.tls'],
  [/Socket timeout/, 'does not answer'],
]

/** Why there is no connection. The text of the error is not told: it may quote the other side. */
export function connectionFault(error: unknown): string {
  if (!(error instanceof Error)) return 'no connection'
  const row = rows.find(([pattern]) => pattern.test(error.message))
  return row ? row[1] : faultOfError(error).fault.detail
}
