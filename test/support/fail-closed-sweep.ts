import type { Ask } from '../../pdp/core/ask.ts'
import { type Decision, isAllow, isAllowedVerdict } from '../../pdp/core/decision.ts'
import { createMemoryLog } from '../../pdp/audit/memory-log.ts'
import { createMemoryStore } from '../../pdp/cache/memory-store.ts'
import { ok } from '../../pdp/core/result.ts'
import { seconds } from '../../pdp/core/time.ts'
import { createDecide } from '../../pdp/decide.ts'
import { createMemoryFirstUse } from '../../pdp/first-use/memory-store.ts'
import { createOpenCertificate } from '../../pdp/identity/open-certificate.ts'
import { createOpenToken } from '../../pdp/identity/open-token.ts'
import { createPathTemplate } from '../../pdp/identity/path-template.ts'
import { createDpopProof } from '../../pdp/identity/proofs/dpop.ts'
import { createJwtSvidVerifier } from '../../pdp/identity/verifiers/jwt-svid.ts'
import { createX509SvidVerifier } from '../../pdp/identity/verifiers/x509-svid.ts'
import { createOpaqueTokenVerifier } from '../../pdp/identity/verifiers/opaque-token.ts'
import { createVerify } from '../../pdp/identity/verify.ts'
import { createVerifiedTokens } from '../../pdp/jose/verified-tokens.ts'
import { cached } from '../../pdp/policy/cached.ts'
import { loadBundle } from '../../pdp/policy/load-bundle.ts'
import { createPolicySet } from '../../pdp/policy/policy-set.ts'
import type {
  AnchorSource,
  AuditLog,
  CacheStore,
  FirstUse,
  Introspector,
  PathAidSource,
  Policy,
  PolicySet,
  Proof,
  Registry,
  RevocationView,
  TrustSource,
  Verifier,
} from '../../pdp/seams.ts'
import { createStaticKeys } from '../../pdp/trust/static-keys.ts'
import { exampleBundle } from './bundles.ts'
import { apiKey, registryIssuer, registryOf, worldClients } from './clients.ts'
import { frameAt, noon } from './clock.ts'
import { apiKeyVerifier, domain, nonces } from './first-gate.ts'
import { type Misbehaviour, misbehaviours, synchronousMisbehaviours } from './misbehaviours.ts'
import {
  checkout,
  checkoutCertificate,
  clientKey,
  createAsk,
  domainAnchors,
  dpop,
  opaqueIssuer,
  opaqueToken,
  svid,
  svidKey,
  testIntrospector,
  trustDomain,
  vouchingGateway,
} from './world.ts'

/** The healthy parts of a whole decision, one for each seam that decide reaches. */
interface Parts {
  readonly Verifier: Verifier
  readonly Proof: Proof
  readonly TrustSource: TrustSource
  readonly AnchorSource: AnchorSource
  readonly Introspector: Introspector
  readonly PathAidSource: PathAidSource
  readonly Registry: Registry
  readonly FirstUse: FirstUse
  readonly RevocationView: RevocationView
  readonly CacheStore: CacheStore
  readonly Policy: Policy
  readonly PolicySet: PolicySet
  readonly AuditLog: AuditLog
}

export type SweptSeam = keyof Parts

/** The methods of each seam; a seam or a method that is missing here fails the test that reads seams.ts. */
export const sweptMethods: { readonly [Seam in SweptSeam]: Readonly<Record<string, 'async' | 'sync'>> } = {
  Verifier: { verify: 'async' },
  Proof: { check: 'async' },
  TrustSource: { keys: 'async', asOf: 'sync' },
  AnchorSource: { anchors: 'async', asOf: 'sync' },
  Introspector: { introspect: 'async' },
  PathAidSource: { aids: 'async' },
  Registry: { find: 'async', asOf: 'sync' },
  FirstUse: { claim: 'async' },
  RevocationView: { find: 'sync', confirmedAt: 'sync' },
  CacheStore: { get: 'async', put: 'sync' },
  Policy: { evaluate: 'async' },
  PolicySet: { active: 'async' },
  AuditLog: { append: 'async' },
}

/** Seams that decide never reaches, and why their faults cannot allow. */
export const notReached: Readonly<Record<string, string>> = {
  Sink: 'takes records from the log after the decision was answered',
  Door: 'calls decide and is not called by it; what it makes of an answer is tested with the listeners',
}

const bundle = await loadBundle(await exampleBundle('orders'), { entrypoints: ['orders/decision'] })
if (!bundle.ok) throw new Error(`the example bundle is refused: ${bundle.clause}`)
const loaded = bundle.value

const verifyCertificates = (trust: AnchorSource, aids: PathAidSource): Verifier =>
  createX509SvidVerifier({
    trustDomain: domain(trustDomain),
    trust,
    aids,
    environment: 'production',
    readPath: createPathTemplate('/ns/{namespace}/sa/{service_account}'),
  })
const verifyOpaqueTokens = (introspector: Introspector): Verifier =>
  createOpaqueTokenVerifier({
    issuer: opaqueIssuer,
    prefix: '',
    introspector,
    maxLifetime: seconds(3_600),
    skew: seconds(30),
  })

const clients = registryOf(worldClients)

// remembered, so that a decision ends by its fault and not by its deadline
const noAids = { intermediates: [], lists: [] }
const domainAids: PathAidSource = { aids: async () => ok(noAids) }
const warmCertificates = verifyCertificates(domainAnchors, domainAids)
const openCertificate = createOpenCertificate()

/** Assembles a decision from real parts; `replace` may put another part in the place of a healthy one. */
async function assemble(replace: <S extends SweptSeam>(seam: S, part: Parts[S]) => Parts[S]) {
  const tokens = createVerifiedTokens()
  const openToken = createOpenToken(tokens)
  const trust = replace(
    'TrustSource',
    createStaticKeys({ name: trustDomain, keys: [svidKey.verification], clock: () => noon }),
  )
  const verifier = createJwtSvidVerifier({
    trustDomain: domain(trustDomain),
    trust,
    tokens,
    maxLifetime: seconds(3_600),
    skew: seconds(30),
    environment: 'production',
    readPath: createPathTemplate('/ns/{namespace}/sa/{service_account}'),
  })
  const anchors = replace('AnchorSource', domainAnchors)
  const aids = replace('PathAidSource', domainAids)
  const isHealthy = anchors === domainAnchors && aids === domainAids
  const certificates = isHealthy ? warmCertificates : verifyCertificates(anchors, aids)
  const store = replace('CacheStore', createMemoryStore({ clock: () => noon, maximumEntries: 100, maximumBytes: 1e6 }))
  const policies = createPolicySet({ decorate: (policy) => replace('Policy', cached(policy, store)) })
  policies.activate('orders', loaded)
  return createDecide({
    open: () => frameAt(noon, 60),
    policies: replace('PolicySet', policies),
    verify: createVerify({
      verifiers: [
        replace('Verifier', verifier),
        certificates,
        verifyOpaqueTokens(replace('Introspector', testIntrospector)),
        apiKeyVerifier(replace('Registry', clients)),
      ],
      links: [
        { spiffeId: checkout, issuer: opaqueIssuer, sub: 'checkout' },
        { spiffeId: checkout, issuer: registryIssuer, sub: 'checkout' },
      ],
      proofs: [replace('Proof', createDpopProof({ maxAge: seconds(60), skew: seconds(5), nonces }))],
      open: (found) => (found.form === 'certificate' ? openCertificate(found.text) : openToken(found)),
      firstUse: replace('FirstUse', createMemoryFirstUse({ startedAt: noon, leeway: seconds(-3_600), maximum: 1_000 })),
      revocation: replace('RevocationView', { confirmedAt: () => noon, find: () => 'clear' }),
    }),
    log: replace('AuditLog', createMemoryLog()),
  })
}

/**
 * An ask that policy allows, and that needs every seam: a bound token with its proof, an opaque one, an API key, and a
 * certificate.
 */
const allowedAsk = (): Ask => {
  const token = svid({ claims: { cnf: { jkt: clientKey.thumbprint } } })
  return createAsk({
    headers: { ...dpop(token), 'x-api-key': apiKey.text },
    credentials: [{ type: 'bearer', token: opaqueToken() }],
    certificate: checkoutCertificate,
    pep: vouchingGateway,
  })
}

const cancel = { action: { name: 'cancel' }, resource: { type: 'order', id: '42' } }

/** The same caller asking for what policy denies. */
const deniedAsk = (): Ask => ({ ...allowedAsk(), questions: [cancel] })

/** An allowed question beside a denied one: the allow must not get out on the side. */
const mixedAsk = (): Ask => {
  const ask = allowedAsk()
  return { ...ask, questions: [ask.questions[0], cancel] }
}

export interface SweepRow {
  readonly seam: SweptSeam
  readonly misbehaviour: string
  readonly decision: Decision
  readonly allowed: boolean
}

/** The decisions of healthy parts on the allowed, the denied and the mixed ask. */
export async function control(): Promise<readonly [Decision, Decision, Decision]> {
  const decide = await assemble((_, part) => part)
  await decide(allowedAsk()) // everything is compiled by the first, which may end by its deadline
  return [await decide(allowedAsk()), await decide(deniedAsk()), await decide(mixedAsk())]
}

// Silence, a fault or nonsense of these is harmless by contract where evaluation goes on without them; so the ask must
// be one that evaluation denies, and the fault must not turn that into an allow.
const deniedInstead: ReadonlySet<string> = new Set([
  'CacheStore.get',
  'CacheStore.put',
  'RevocationView.confirmedAt',
  'TrustSource.asOf',
  'AnchorSource.asOf',
  'Registry.asOf',
])

/** Every seam × every misbehaviour: one decision each, on parts of its own. */
export async function sweep(): Promise<readonly SweepRow[]> {
  const cells = Object.entries(sweptMethods).flatMap(([seam, methods]) =>
    Object.entries(methods).flatMap(([method, kind]) =>
      Object.entries(kind === 'async' ? { ...misbehaviours, ...wrongBrands } : synchronousMisbehaviours).map(
        ([name, misbehave]) => ({ seam: seam as SweptSeam, method, name, misbehave }), // the keys of sweptMethods
      ),
    ),
  )
  const runs = cells.flatMap(({ seam, method, name, misbehave }) => {
    const asks = deniedInstead.has(`${seam}.${method}`) ? [deniedAsk] : [allowedAsk, mixedAsk]
    return asks.map((makeAsk) => async (): Promise<SweepRow> => {
      const decide = await assemble((at, part) => (at === seam ? faulty(part, method, misbehave) : part))
      return rowOf(seam, `${method} ${name}`, await decide(makeAsk()))
    })
  })
  const rows: SweepRow[] = []
  while (runs.length > 0) rows.push(...(await Promise.all(runs.splice(0, together).map((run) => run()))))
  return rows
}

const together = 25 // more would end by their deadlines, not by their faults

const rowOf = (seam: SweptSeam, misbehaviour: string, decision: Decision): SweepRow => ({
  seam,
  misbehaviour,
  decision,
  allowed: isAllow(decision) || decision.verdicts.some(isAllowedVerdict),
})

function faulty<Part extends object>(part: Part, method: string, misbehave: Misbehaviour): Part {
  const real = Reflect.get(part, method) as (...args: never[]) => unknown // a method, by the table
  return { ...part, [method]: misbehave(real.bind(part)) }
}

/** Answers that look right and were not made for this ask: copies without their brand, and another ask's values. */
const wrongBrands: Readonly<Record<string, Misbehaviour>> = {
  'answers a value of another maker': () => async () => ({
    ok: true,
    value: Object.freeze({ record: frameAt().id, seq: 0 }),
  }),
  'answers a copy of a refusal as a success': () => async () => ({ ok: true, code: 'ALLOWED', value: undefined }),
}

/** For the seams whose answers are minted: the real answer copied, and the real answer to another frame. */
export async function mintedSweep(): Promise<readonly SweepRow[]> {
  const copied: Misbehaviour =
    (real) =>
    async (...args) =>
      copyOf(await real(...args))
  const otherFrame: Misbehaviour =
    (real) =>
    async (...args) =>
      real(...(args.map(withAnotherId) as never[])) // same arity
  const rows: SweepRow[] = []
  for (const [seam, method] of [
    ['Policy', 'evaluate'],
    ['AuditLog', 'append'],
  ] as const) {
    for (const [name, misbehave] of Object.entries({ copied, 'made for another ask': otherFrame })) {
      const decide = await assemble((at, part) => (at === seam ? faulty(part, method, misbehave) : part))
      for (const makeAsk of [allowedAsk, mixedAsk]) {
        rows.push(rowOf(seam, `${method} ${name}`, await decide(makeAsk())))
      }
    }
  }
  return rows
}

const copyOf = (answer: unknown): unknown =>
  typeof answer === 'object' && answer !== null && 'value' in answer && typeof answer.value === 'object'
    ? { ...answer, value: { ...answer.value } }
    : { ...(answer as object) } // the log answers an object

const withAnotherId = (arg: unknown): unknown =>
  typeof arg === 'object' && arg !== null && 'id' in arg ? { ...arg, id: frameAt().id } : arg
