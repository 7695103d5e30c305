import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { noon } from './clock.ts'
import { bits, boolean, der, integer, octets, oid, sequence, set, text, time } from './der.ts'

// Certificates of a test's own making, byte by byte, so that every defect can be made.

export interface KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export const createKeyPair = (namedCurve = 'P-256'): KeyPair => generateKeyPairSync('ec', { namedCurve })

/** An extension: its OID, the DER of its value, whether it is critical. */
export interface TestExtension {
  readonly id: string
  readonly value: Buffer
  readonly critical?: boolean
}

const hour = 3_600_000
export const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'))

/** A name of common names, or of any attributes. */
export const name = (...parts: readonly (string | Buffer)[]): Buffer =>
  sequence(
    ...parts.map((part) => (typeof part === 'string' ? set(sequence(oid('2.5.4.3'), text(0x0c, part))) : set(part))),
  )

const spkiOf = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' })
const keyIdOf = (key: KeyObject): Buffer => createHash('sha256').update(spkiOf(key)).digest().subarray(0, 20)

const usageBits = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
]

/** Extensions by what they say. */
export const extension = {
  basicConstraints: (isCa: boolean, pathLength?: number, critical = true): TestExtension => ({
    id: '2.5.29.19',
    critical,
    value: sequence(...(isCa ? [boolean(true)] : []), ...(pathLength === undefined ? [] : [integer(pathLength)])),
  }),
  keyUsage: (usages: readonly string[], critical = true): TestExtension => {
    const byte = usages.reduce((sum, usage) => sum | (0x80 >> usageBits.indexOf(usage)), 0)
    const unused = byte === 0 ? 0 : Math.log2(byte & -byte)
    return { id: '2.5.29.15', critical, value: bits(Buffer.from(byte === 0 ? [] : [byte]), unused) }
  },
  purposes: (...ids: readonly string[]): TestExtension => ({ id: '2.5.29.37', value: sequence(...ids.map(oid)) }),
  subjectKeyId: (key: KeyObject): TestExtension => ({ id: '2.5.29.14', value: octets(keyIdOf(key)) }),
  authorityKeyId: (key: KeyObject): TestExtension => ({
    id: '2.5.29.35',
    value: sequence(der(0x80, keyIdOf(key))),
  }),
  names: (names: readonly Buffer[], critical = false): TestExtension => ({
    id: '2.5.29.17',
    critical,
    value: sequence(...names),
  }),
  nameConstraints: (
    halves: { readonly permitted?: readonly Buffer[]; readonly excluded?: readonly Buffer[] },
    critical = true,
  ): TestExtension => ({
    id: '2.5.29.30',
    critical,
    value: sequence(
      ...(halves.permitted ? [der(0xa0, ...halves.permitted.map((base) => sequence(base)))] : []),
      ...(halves.excluded ? [der(0xa1, ...halves.excluded.map((base) => sequence(base)))] : []),
    ),
  }),
  policies: (...ids: readonly string[]): TestExtension => ({
    id: '2.5.29.32',
    value: sequence(...ids.map((id) => sequence(oid(id)))),
  }),
  policyMappings: (...pairs: readonly (readonly [string, string])[]): TestExtension => ({
    id: '2.5.29.33',
    critical: true,
    value: sequence(...pairs.map(([from, to]) => sequence(oid(from), oid(to)))),
  }),
  policyConstraints: (
    limits: { readonly requireExplicit?: number; readonly inhibitMapping?: number },
    critical = true,
  ): TestExtension => ({
    id: '2.5.29.36',
    critical,
    value: sequence(
      ...(limits.requireExplicit === undefined ? [] : [integer(limits.requireExplicit, 0x80)]),
      ...(limits.inhibitMapping === undefined ? [] : [integer(limits.inhibitMapping, 0x81)]),
    ),
  }),
  inhibitAnyPolicy: (skip: number, critical = true): TestExtension => ({
    id: '2.5.29.54',
    critical,
    value: integer(skip),
  }),
}

/** General names. */
export const general = {
  email: (value: string) => text(0x81, value),
  dns: (value: string) => text(0x82, value),
  uri: (value: string) => text(0x86, value),
  ip: (...bytes: readonly number[]) => der(0x87, Buffer.from(bytes)),
  directory: (value: Buffer) => der(0xa4, value),
  other: (value: string) => der(0xa0, oid('1.3.6.1.4.1.55738.1'), der(0xa0, text(0x0c, value))),
  registeredId: (id: string) => der(0x88, oid(id).subarray(2)),
}

export const serverAuth = '1.3.6.1.5.5.7.3.1'
export const clientAuth = '1.3.6.1.5.5.7.3.2'

/** What a certificate is made of; everything has a default that makes it a good one. */
export interface CertificateParts {
  readonly subject?: Buffer
  readonly issuer?: Buffer
  readonly key?: KeyPair
  readonly serial?: bigint
  readonly notBefore?: number
  readonly notAfter?: number
  readonly extensions?: readonly TestExtension[]
  readonly version?: number
  readonly signatureAlgorithm?: Buffer
  readonly innerAlgorithm?: Buffer
  readonly spki?: Buffer
  readonly validity?: Buffer
  readonly sign?: (signed: Buffer) => Buffer
  /** Whole extensions, and what stands after all of them. */
  readonly rawExtensions?: readonly Buffer[]
  readonly afterExtensions?: Buffer
}

/** A certificate with the key pair it is for. */
export interface TestCertificate {
  readonly der: Buffer
  readonly key: KeyPair
  readonly subject: Buffer
}

let serials = 1_000n

/** Signs a certificate with the issuer's key. */
export function createCertificate(parts: CertificateParts, signer?: KeyObject): TestCertificate {
  const key = parts.key ?? createKeyPair()
  const subject = parts.subject ?? name('somebody')
  const algorithm = parts.signatureAlgorithm ?? ecdsaWithSha256
  const extensions = (parts.extensions ?? []).map(({ id, critical, value }) =>
    sequence(oid(id), ...(critical === true ? [boolean(true)] : []), octets(value)),
  )
  const signed = sequence(
    ...(parts.version === 1 ? [] : [der(0xa0, integer((parts.version ?? 3) - 1))]),
    integer(parts.serial ?? ++serials),
    parts.innerAlgorithm ?? algorithm,
    parts.issuer ?? subject,
    parts.validity ?? sequence(time(parts.notBefore ?? noon - hour), time(parts.notAfter ?? noon + hour)),
    subject,
    parts.spki ?? spkiOf(key.publicKey),
    ...(extensions.length === 0
      ? []
      : [der(0xa3, sequence(...extensions, ...(parts.rawExtensions ?? [])), parts.afterExtensions ?? Buffer.alloc(0))]),
  )
  const signature = parts.sign?.(signed) ?? sign('sha256', signed, signer ?? key.privateKey)
  return { der: sequence(signed, algorithm, bits(signature)), key, subject }
}

/** An authority: a certificate that signs others. */
export interface TestAuthority extends TestCertificate {
  /** Issues a certificate; `extensions` given here replace those of the same OID, and `without` leaves some out. */
  issue(parts?: IssueParts): TestCertificate
  /** A good SVID for a workload of the trust domain. */
  svid(id: string, parts?: IssueParts): TestCertificate
  /** An authority below this one. */
  authority(title: string, parts?: IssueParts): TestAuthority
}

export interface IssueParts extends CertificateParts {
  readonly without?: readonly string[]
}

const merged = (
  base: readonly TestExtension[],
  { extensions = [], without = [] }: IssueParts,
): readonly TestExtension[] => [
  ...base.filter(({ id }) => !without.includes(id) && !extensions.some((other) => other.id === id)),
  ...extensions,
]

/** Makes an authority; without an issuer it signs itself. */
export function createAuthority(title: string, parts: IssueParts = {}, issuer?: TestCertificate): TestAuthority {
  const key = parts.key ?? createKeyPair()
  const base = [
    extension.basicConstraints(true),
    extension.keyUsage(['keyCertSign', 'cRLSign']),
    extension.subjectKeyId(key.publicKey),
    extension.authorityKeyId((issuer?.key ?? key).publicKey),
  ]
  const own = createCertificate(
    { subject: name(title), ...(issuer && { issuer: issuer.subject }), ...parts, key, extensions: merged(base, parts) },
    issuer?.key.privateKey,
  )
  const issue = (more: IssueParts = {}): TestCertificate => {
    const leafKey = more.key ?? createKeyPair()
    const leaf = [
      extension.keyUsage(['digitalSignature']),
      extension.purposes(serverAuth, clientAuth),
      extension.authorityKeyId(own.key.publicKey),
    ]
    const parts = {
      issuer: own.subject,
      subject: name('workload'),
      ...more,
      key: leafKey,
      extensions: merged(leaf, more),
    }
    return createCertificate(parts, own.key.privateKey)
  }
  return {
    ...own,
    issue,
    svid: (id, more = {}) =>
      issue({
        ...more,
        extensions: [extension.names([general.uri(id)]), ...(more.extensions ?? [])].filter(lastOfItsKind),
      }),
    authority: (title, more = {}) => createAuthority(title, more, own),
  }
}

const lastOfItsKind = ({ id }: TestExtension, i: number, all: readonly TestExtension[]): boolean =>
  all.findLastIndex((other) => other.id === id) === i

/** A chain in PEM, in the order given. */
export const pemOf = (...chain: readonly { readonly der: Buffer }[]): string =>
  chain
    .map(({ der }) => {
      const lines = der.toString('base64').replaceAll(/(.{64})(?=.)/g, '$1\n')
      return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
    })
    .join('')
