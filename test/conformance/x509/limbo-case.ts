import { readCertificate } from '../../../pdp/x509/read-certificate.ts'
import { readCertificateList } from '../../../pdp/x509/read-certificate-list.ts'
import { buildPath } from '../../../pdp/x509/build-path.ts'
import { instant } from '../../../pdp/core/time.ts'
import { purposes } from '../../../pdp/x509/usage-extensions.ts'
import type { Certificate } from '../../../pdp/x509/certificate.ts'
import { checkPeerName, type PeerName } from './peer-name.ts'
import { checkWebProfile } from './web-profile.ts'

/** A case of x509-limbo's format, as far as a runner needs it. */
export interface LimboCase {
  readonly id: string
  readonly features: readonly string[]
  readonly validation_kind: 'SERVER' | 'CLIENT'
  readonly trusted_certs: readonly string[]
  readonly untrusted_intermediates: readonly string[]
  readonly peer_certificate: string
  readonly validation_time: string | null
  readonly expected_peer_name: PeerName | null
  readonly expected_peer_names: readonly PeerName[]
  readonly key_usage: readonly string[]
  readonly extended_key_usage: readonly string[]
  readonly max_chain_depth: number | null
  readonly crls?: readonly string[]
  readonly expected_result: 'SUCCESS' | 'FAILURE'
}

/** What came of a case: accepted, or the clause that refused it. */
export type LimboOutcome = { readonly accepted: true } | { readonly accepted: false; readonly clause: string }

const defaultIntermediates = 5

/** Turns a case into one call of the path validator. `now` stands for the present where the case names no time. */
export function runLimboCase(one: LimboCase, now: number): LimboOutcome {
  const leaf = readCertificate(derOf(one.peer_certificate))
  if (!leaf.ok) return { accepted: false, clause: leaf.clause }
  // an anchor or a list that cannot be read is a fault of whoever configured it; in the pool there may be anything
  const anchors = one.trusted_certs.map((pem) => readCertificate(derOf(pem)))
  const lists = (one.crls ?? []).map((pem) => readCertificateList(derOf(pem)))
  const unread = [...anchors, ...lists].find((each) => !each.ok)
  if (unread && !unread.ok) return { accepted: false, clause: unread.clause }
  const intermediates = one.untrusted_intermediates.map((pem) => readCertificate(derOf(pem)))
  const path = buildPath({
    leaf: leaf.value,
    anchors: anchors.flatMap((each) => (each.ok ? [each.value] : [])),
    intermediates: intermediates.flatMap((each) => (each.ok ? [each.value] : [])),
    lists: lists.flatMap((each) => (each.ok ? [each.value] : [])),
    now: instant(one.validation_time === null ? now : Date.parse(one.validation_time)),
    rules: {
      profile: 'all',
      maximumIntermediates: one.max_chain_depth ?? defaultIntermediates,
      ...purposeOf(one),
    },
  })
  if (!path.ok) return { accepted: false, clause: path.clause }
  const [anchor] = path.value.certificates
  const clause =
    checkDemandedUsage(leaf.value, one.key_usage) ??
    checkWebProfile(leaf.value, anchor, one.validation_kind) ??
    checkPeerName(leaf.value, one.expected_peer_name ? [one.expected_peer_name] : one.expected_peer_names)
  return clause === undefined ? { accepted: true } : { accepted: false, clause }
}

const purposeOids: Readonly<Record<string, string>> = { ...purposes, anyExtendedKeyUsage: purposes.any }

function purposeOf({ extended_key_usage: [name, ...more] }: LimboCase): { readonly purpose?: string } {
  if (name === undefined) return {}
  const purpose = purposeOids[name]
  if (purpose === undefined || more.length > 0) throw new Error(`purpose ${name} is not known to the runner`)
  return { purpose }
}

function checkDemandedUsage({ extensions }: Certificate, demanded: readonly string[]): string | undefined {
  const missing = demanded.some((usage) => extensions.keyUsage?.all.includes(usage) === false)
  return missing ? 'runner-key-usage' : undefined
}

const derOf = (pem: string): Buffer => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
