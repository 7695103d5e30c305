import { timingSafeEqual } from 'node:crypto'
import { type Digest, sha256 } from '../core/digest.ts'

/** What an operator may do. */
export type Role = 'audit:read' | 'revoke' | 'unrevoke' | 'policy'

/** Who may operate: known by digests of keys, never by the keys. */
export interface Operator {
  readonly name: string
  readonly roles: readonly Role[]
  readonly digests: readonly Digest[]
}

/** Whoever can open the administration socket: its mode is their credential. */
export const localOperator: Operator = {
  name: 'local',
  roles: ['audit:read', 'revoke', 'unrevoke', 'policy'],
  digests: [],
}

const bearer = /^Bearer ([A-Za-z0-9._~+/-]{16,512}=*)$/i

/** The operator whose key an `Authorization` header presents. Every digest is compared, each in constant time. */
export function findOperator(operators: readonly Operator[], authorization: string | undefined): Operator | undefined {
  const key = bearer.exec(authorization ?? '')?.[1]
  if (key === undefined) return undefined
  const presented = Buffer.from(sha256(key))
  let found: Operator | undefined
  for (const operator of operators)
    for (const digest of operator.digests) if (timingSafeEqual(Buffer.from(digest), presented)) found = operator
  return found
}
