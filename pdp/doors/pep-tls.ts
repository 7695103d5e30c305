import { constants } from 'node:crypto'
import type { SecureContextOptions } from 'node:tls'

/** TLS towards enforcement points: the certificate in use, and whether theirs are asked for. */
export interface PepTls {
  readonly options: () => SecureContextOptions
  readonly requestCert: boolean
}

/** The same at every door, so that none admits what another refuses. */
export const pepTlsOptions = ({ options, requestCert }: PepTls) => ({
  ...options(),
  requestCert,
  rejectUnauthorized: false, // without an accepted certificate the connection has none; admission decides
  minVersion: 'TLSv1.2' as const,
  secureOptions: constants.SSL_OP_NO_TICKET, // a resumed session would keep a client whose CA is gone
})
