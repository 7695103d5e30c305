import { sign } from 'node:crypto'
import type { DemoKey } from './demo-key.ts'

/** Members of a header or of claims; one that is undefined is left out, so that a defect can be made. */
export type Members = Readonly<Record<string, unknown>>

/** Signs a compact ES256 JWT (RFC 7515 §7.1). Header and claims go in as they are. */
export function signJwt(key: DemoKey, header: Members, claims: Members): string {
  const input = `${encode(header)}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

const encode = (members: Members): string => Buffer.from(JSON.stringify(members)).toString('base64url')
