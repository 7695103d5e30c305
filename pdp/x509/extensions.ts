import type { Clause } from '../core/clause.ts'
import type { DerReader } from './der.ts'
import type { GeneralName } from './general-names.ts'
import type { NameConstraints } from './read-name-constraints.ts'

/** What every extension says beside its value. */
interface Critical {
  readonly critical: boolean
}

export interface BasicConstraints extends Critical {
  readonly isCa: boolean
  readonly pathLength?: number
}

export interface KeyUsage extends Critical {
  readonly digitalSignature: boolean
  readonly keyCertSign: boolean
  readonly crlSign: boolean
  /** Names of all the bits that are set, as RFC 5280 §4.2.1.3 spells them. */
  readonly all: readonly string[]
}

export interface AuthorityKeyId extends Critical {
  readonly keyId?: Buffer
  readonly hasIssuer: boolean
  readonly hasSerial: boolean
}

export interface PolicyMapping {
  readonly issuer: string
  readonly subject: string
}

/** The extensions that are understood, absent where the certificate has none. OIDs as text. */
export interface Extensions {
  readonly authorityKeyId?: AuthorityKeyId
  readonly subjectKeyId?: Critical & { readonly keyId: Buffer }
  readonly keyUsage?: KeyUsage
  readonly extendedKeyUsage?: Critical & { readonly purposes: readonly string[] }
  readonly basicConstraints?: BasicConstraints
  readonly subjectAltName?: Critical & { readonly names: readonly GeneralName[] }
  readonly nameConstraints?: Critical & NameConstraints
  readonly policies?: Critical & { readonly ids: readonly string[] }
  readonly policyMappings?: Critical & { readonly mappings: readonly PolicyMapping[] }
  readonly policyConstraints?: Critical & { readonly requireExplicit?: number; readonly inhibitMapping?: number }
  readonly inhibitAnyPolicy?: Critical & { readonly skip: number }
  /** Critical ones that are not processed here. */
  readonly unprocessed: readonly string[]
}

/**
 * How one extension is read: its OID, the section that describes it, and what it adds.
 *
 * - `processed`: what it says is acted upon, so it may be critical. Others are read to see that they are well-formed.
 * - `read`: throws where the value is malformed.
 */
export interface ExtensionRow {
  readonly id: string
  readonly clause: Clause
  readonly processed: boolean
  readonly read: (der: DerReader, critical: boolean) => Partial<Extensions>
}
