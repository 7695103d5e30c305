import type { Config } from '../../config/schema.ts'
import { isArray, isObject, type JsonObject, type JsonValue, member, stringMember } from '../../core/json.ts'
import type { Jwt } from '../../core/jwt.ts'
import type { Service } from '../../core/service.ts'
import { fromNumericDate, type Instant } from '../../core/time.ts'
import type { Credential } from '../../core/credential.ts'
import type { Certificate } from '../../x509/certificate.ts'

/** What stands on both sides of a check: what was presented, unverified, and what it is measured by. */
export interface Seen {
  readonly config: Config
  readonly service: Service
  readonly now: Instant
  readonly credential?: Credential
  readonly jwt?: Jwt
  /** Of a token that is a JWT, or of what the issuer of an opaque one answered. */
  readonly claims?: JsonObject
  readonly leaf?: Certificate
}

type Anchor = Config['trust'][number]

/** The configured issuer that a token names, or that is asked about it. */
export function issuerOf({
  config,
  credential,
  claims,
}: Seen): Extract<Anchor, { readonly issuer: string }> | undefined {
  const issuers = config.trust.filter((anchor) => 'issuer' in anchor)
  return credential?.form === 'key'
    ? issuers.find(({ introspection }) => introspection && credential.text.startsWith(introspection.prefix))
    : issuers.find(({ issuer }) => claims && issuer === stringMember(claims, 'iss'))
}

const longest = 160

/** A value of a credential, short, and without what a terminal would act on. */
export function show(value: JsonValue | undefined): string {
  if (value === undefined) return 'absent'
  const text = JSON.stringify(value).replaceAll(/[^\x20-\x7e]/g, (character) => escaped(character))
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

export const showClaim = ({ claims }: Seen, name: string): string => show(claims && member(claims, name))

/** A NumericDate as a time, where it is one. */
export function showDate(seen: Seen, name: string): string {
  const value = seen.claims && member(seen.claims, name)
  return typeof value === 'number' && value > 0 && value < 1e11 ? showTime(fromNumericDate(value)) : show(value)
}

export const showTime = (at: Instant): string => new Date(at).toISOString()

/** Confirmation methods without their values. */
export function showConfirmation({ claims }: Seen): string {
  const cnf = claims && member(claims, 'cnf')
  if (cnf === undefined) return 'absent'
  return isObject(cnf) && !isArray(cnf)
    ? Object.keys(cnf)
        .map((name) => show(name))
        .join(', ')
    : 'no object'
}

/** The URIs that a certificate names. */
export function showUris({ leaf }: Seen): string {
  const names = (leaf?.extensions.subjectAltName?.names ?? []).filter(({ kind }) => kind === 'uri')
  return (
    names.map((name) => show('value' in name && typeof name.value === 'string' ? name.value : name.kind)).join(', ') ||
    'no URI'
  )
}
