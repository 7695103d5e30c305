import type { JsonObject } from '../core/json.ts'

/** The flags that name what is revoked; exactly one of them, with `issuer` where it has one. */
export interface TargetFlags {
  readonly issuer?: string
  readonly subject?: string
  readonly subjectPrefix?: string
  readonly jti?: string
  readonly keyId?: string
  readonly serial?: string
  readonly keyThumbprint?: string
  readonly trustDomain?: string
  readonly fact?: string
}

type Kind = Exclude<keyof TargetFlags, 'issuer'>

interface Row {
  readonly flag: Kind
  readonly by: string
  readonly member: string
  readonly issuer: boolean
}

const rows: readonly Row[] = [
  { flag: 'subject', by: 'subject', member: 'id', issuer: true },
  { flag: 'subjectPrefix', by: 'subject-prefix', member: 'prefix', issuer: true },
  { flag: 'jti', by: 'jti', member: 'id', issuer: true },
  { flag: 'keyId', by: 'key-id', member: 'id', issuer: true },
  { flag: 'serial', by: 'serial', member: 'id', issuer: true },
  { flag: 'keyThumbprint', by: 'key-thumbprint', member: 'id', issuer: false },
  { flag: 'trustDomain', by: 'trust-domain', member: 'id', issuer: false },
]

const spiffe = /^(spiffe:\/\/[^/]+)\//

/** The target that flags name, as the listener takes it; a text says what is wrong with them. */
export function readTargetFlags(flags: TargetFlags): JsonObject | string {
  const given = [...rows.map(({ flag }) => flag), 'fact' as const].filter((flag) => flags[flag] !== undefined)
  if (given.length !== 1)
    return 'name one thing: --subject, --subject-prefix, --jti, --key-id, --serial, --key-thumbprint, --trust-domain or --fact'
  if (flags.fact !== undefined) {
    const [, name, id] = /^([^=]+)=(.+)$/s.exec(flags.fact) ?? []
    return name !== undefined && id !== undefined ? { by: 'fact', name, id } : '--fact is NAME=VALUE'
  }
  const row = rows.find(({ flag }) => flags[flag] !== undefined)
  const value = row && flags[row.flag]
  if (!row || value === undefined) return 'name one thing'
  if (!row.issuer) return { by: row.by, [row.member]: value }
  const issuer = flags.issuer ?? spiffe.exec(`${value}/`)?.[1] // of a SPIFFE ID the trust domain is the issuer
  return issuer === undefined ? 'name the issuer too: --issuer' : { by: row.by, issuer, [row.member]: value }
}
