import { clauses } from '../../core/clause.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { earliest, type Instant, instant, type Seconds } from '../../core/time.ts'
import type { AnchorSource } from '../../seams.ts'
import { type Authorities, holdAuthorities } from '../hold-authorities.ts'
import { holdSnapshot } from '../hold-snapshot.ts'
import type { RestorableSource, TrustDocument } from '../keep-last-good.ts'
import { readJwtBundle } from '../read-jwt-bundle.ts'
import { rememberLast } from '../remember-last.ts'
import { takeSnapshot } from '../snapshot.ts'
import { splitCertificates } from '../split-certificates.ts'
import type { ObservedTrustSource } from '../status.ts'

export const workloadDomainClauses = clauses({
  absent: 'spiffe-workload-api-bundle-absent',
  authorities: 'spiffe-workload-api-5.2.2-certificates',
  text: 'spiffe-workload-api-6.2.2-utf8',
})

/** The bundles of one kind: for X.509-SVIDs, or for JWT-SVIDs. */
export interface DomainHalf {
  /** Takes what an answer has for this domain. Nothing: it is none of ours (any more). */
  take(bytes: Uint8Array | undefined, asOf: Instant): void
  /** What was sent last stands still. */
  confirm(asOf: Instant): void
  lost(reason: Refusal): void
  /** Whether it heard of the agent, be it that it is not there. */
  hasHeard(): boolean
}

/** A half that remembers what it took as it came. */
interface RestorableHalf extends DomainHalf {
  documents(): readonly TrustDocument[]
  restore(document: TrustDocument): Result<unknown>
}

/** What is held of one trust domain. Its two kinds of bundles come on streams of their own, and age each for itself. */
export interface HeldDomain {
  readonly source: ObservedTrustSource & AnchorSource & Pick<RestorableSource, 'documents' | 'restore'>
  readonly x509: DomainHalf
  readonly jwt: DomainHalf
}

/** Makes an empty place for a trust domain, whose keys serve for `maxStale` after they were last known right. */
export function holdDomain(trustDomain: string, maxStale: Seconds): HeldDomain {
  const authorities = holdAuthorities(trustDomain, maxStale)
  const keys = holdSnapshot(trustDomain, maxStale)
  const readAuthorities = rememberLast(authoritiesOf) // the same bytes give the very same list
  const readKeys = rememberLast(readJwtBundle)
  const x509 = halfOf(authorities, 'x509-authorities', latin1Of, (text, asOf) => {
    const list = readAuthorities(text)
    return list.ok ? ok<Authorities>({ list: list.value, asOf }) : list
  })
  const jwt = halfOf(keys, 'jwt-bundle', textOf, (text, asOf) => {
    const set = readKeys(text)
    return set.ok ? takeSnapshot(set.value, asOf) : set
  })
  return {
    x509,
    jwt,
    source: {
      keys: async (hint, { now }) => keys.select(hint, now),
      anchors: authorities.anchors,
      asOf() {
        const held = [keys, authorities].filter((each) => each.status().asOf !== undefined)
        return held.map((each) => each.asOf()).reduce(earliest, held[0]?.asOf() ?? instant(0))
      },
      documents: () => [...x509.documents(), ...jwt.documents()],
      restore: (document) => (document.kind === 'jwt-bundle' ? jwt : x509).restore(document),
      status() {
        const [a, b] = [authorities.status(), keys.status()]
        const asOf = [a.asOf, b.asOf].filter((at) => at !== undefined)
        const lastError = a.lastError ?? b.lastError
        return {
          name: trustDomain,
          keys: a.keys + b.keys,
          ignored: b.ignored,
          ...(asOf.length > 0 && { asOf: asOf.reduce(earliest) }),
          ...(lastError !== undefined && { lastError }),
        }
      },
    },
  }
}

interface Holder<S> {
  asOf(): Instant
  settle(outcome: Result<S>): void
  confirm(asOf: Instant): void
  withdraw(reason: Refusal): void
}

const absent = refuse(
  'TRUST_UNAVAILABLE',
  workloadDomainClauses.absent,
  'workload api: the agent sends no bundle of this trust domain: federate with it, and see the registration entry',
)

function halfOf<S>(
  holder: Holder<S>,
  kind: TrustDocument['kind'],
  decode: (bytes: Uint8Array) => Result<string>,
  read: (text: string, asOf: Instant) => Result<S>,
): RestorableHalf {
  let heard = false
  let good: string | undefined
  const settle = (text: Result<string>, asOf: Instant): Result<S> => {
    const taken = text.ok ? read(text.value, asOf) : text
    if (taken.ok && text.ok) good = text.value
    holder.settle(taken)
    return taken
  }
  const withdraw = () => {
    good = undefined
    holder.withdraw(absent)
  }
  const hearing = (act: () => void) => {
    heard = true
    act()
  }
  return {
    take: (bytes, asOf) => hearing(() => (bytes ? settle(decode(bytes), asOf) : withdraw())),
    confirm: (asOf) => holder.confirm(asOf),
    lost: (reason) => hearing(() => holder.settle(reason)),
    hasHeard: () => heard,
    documents: () => (good === undefined ? [] : [{ kind, text: good, asOf: holder.asOf() }]),
    restore: ({ text, asOf }) => settle(ok(text), asOf),
  }
}

function authoritiesOf(latin1: string): Result<readonly Uint8Array[]> {
  const list = splitCertificates(Buffer.from(latin1, 'latin1'))
  return list
    ? ok(list)
    : refuse(
        'TRUST_UNAVAILABLE',
        workloadDomainClauses.authorities,
        'workload api: authorities must be certificates in DER',
      )
}

const latin1Of = (bytes: Uint8Array): Result<string> => ok(Buffer.from(bytes).toString('latin1'))

function textOf(bytes: Uint8Array): Result<string> {
  try {
    return ok(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return refuse('TRUST_UNAVAILABLE', workloadDomainClauses.text, 'workload api: keys must be UTF-8 text')
  }
}
