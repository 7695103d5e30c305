import type { Certificate } from '../../../pdp/x509/certificate.ts'
import { addressText } from './peer-name.ts'

// What the web PKI asks beyond RFC 5280 (CA/Browser Forum, Baseline Requirements). For the suite alone: nothing in the
// server takes a certificate of the web PKI for a caller's.

type Rule = readonly [clause: string, isBroken: (leaf: Certificate, anchor: Certificate) => boolean]

const commonName = '2.5.4.3'

const rules: readonly Rule[] = [
  [
    'cabf-7.1.2.1.3-root-authority-key-identifier',
    (_, { subject, issuer, extensions: { authorityKeyId, subjectKeyId } }) =>
      subject.key === issuer.key &&
      authorityKeyId !== undefined &&
      !(
        authorityKeyId.keyId &&
        subjectKeyId &&
        authorityKeyId.keyId.equals(subjectKeyId.keyId) &&
        !authorityKeyId.hasIssuer &&
        !authorityKeyId.hasSerial
      ),
  ],
  ['cabf-7.1.2.1.2-root-extended-key-usage', (_, { extensions }) => extensions.extendedKeyUsage !== undefined],
  [
    'cabf-7.1.2.7.6-extended-key-usage-not-critical',
    ({ extensions }) => extensions.extendedKeyUsage?.critical === true,
  ],
  [
    'cabf-7.1.2.7.12-alternative-name-not-critical',
    ({ subject, extensions }) => subject.rdns.length > 0 && extensions.subjectAltName?.critical === true,
  ],
  ['cabf-7.1.4.3-common-name-among-alternatives', (leaf) => !isCommonNameRepeated(leaf)],
]

/** Answers what the web PKI would refuse in a server's certificate or its root. */
export function checkWebProfile(leaf: Certificate, anchor: Certificate, kind: 'SERVER' | 'CLIENT'): string | undefined {
  return kind === 'SERVER' ? rules.find(([, isBroken]) => isBroken(leaf, anchor))?.[0] : undefined
}

/**
 * The common name of a domain-validated certificate, whose subject is that alone, stands among its alternatives; for a
 * wildcard the suite takes the name without the asterisk too. BetterTLS has other subjects and repeats nothing.
 */
function isCommonNameRepeated({ subject, extensions }: Certificate): boolean {
  const [attribute, more] = subject.attributes
  if (attribute?.type !== commonName || more) return true
  const texts = (extensions.subjectAltName?.names ?? []).flatMap((name) =>
    name.kind === 'dns' ? [name.value] : name.kind === 'ip' ? [addressText(name.bytes).replaceAll(/[[\]]/g, '')] : [],
  )
  return attribute.value !== undefined && (texts.includes(attribute.value) || texts.includes(`*.${attribute.value}`))
}
