import { type Clause, clauses } from '../core/clause.ts'
import { type Digest, sha256 } from '../core/digest.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import type { Pep, PepAuthentication, PepCertificate, Service, VerifyPepCertificate } from '../core/service.ts'
import type { Seconds } from '../core/time.ts'

export const admitClauses = clauses({
  bearer: 'pep-bearer-known',
  scheme: 'pep-bearer-form',
  certificate: 'pep-certificate-known',
  anonymous: 'pep-authenticated',
  embedded: 'pep-embedded-known',
  service: 'service-known',
  serviceNamed: 'service-named',
  permitted: 'pep-may-ask-for-service',
  rate: 'pep-rate',
})

/**
 * How an enforcement point shows who it is.
 *
 * - `authorization`: of the request to the decision point, undefined if there is none.
 * - `certificate`: what the TLS client certificate of the connection proved, or why it did not: it says who the
 *   enforcement point is and is never evidence.
 * - `embedded`: the ask comes from this very process, as the enforcement point of that name if it says one.
 * - `socket`: the listener, if it is a Unix socket. `address`: of the other end otherwise; it proves nothing.
 */
export interface PepConnection {
  readonly authorization?: string | undefined
  readonly certificate?: Result<PepCertificate> | undefined
  readonly socket?: string | undefined
  readonly address?: string | undefined
  readonly embedded?: { readonly pep?: string | undefined }
}

/** Who asks, and for which service. */
export interface Admitted {
  readonly pep: Pep
  readonly service: Service
}

/** What may be asked for, and by whom. */
export interface Directory {
  /** How long an enforcement point has to wait for the next ask of its rate; 0: it has one left, which is taken. */
  readonly waitOf: (pep: Pep) => Seconds
  readonly services: ReadonlyMap<string, Service>
  readonly peps: ReadonlyMap<string, Pep>
  /** Absent: no enforcement point is known by certificate. */
  readonly verifyPepCertificate?: VerifyPepCertificate | undefined
}

/**
 * Authenticates the enforcement point and finds the service it asks for; without a name, the only one it may ask for. A
 * key that is presented must be known, also where a connection without one would be admitted.
 */
export function admit(
  connection: PepConnection,
  serviceName: string | undefined,
  directory: Directory,
): Result<Admitted> {
  const candidates = identify(connection, [...directory.peps.values()])
  if (!candidates.ok) return candidates
  const found = findService(candidates.value, serviceName, directory)
  if (!found.ok) return found
  const { pep, service } = found.value
  const retryAfter = directory.waitOf(pep)
  if (retryAfter === 0) return ok({ pep: connectedFrom(pep, connection.address), service })
  const detail = `enforcement point \`${pep.name}\` asks more often than \`limits.rate\` lets it`
  return refuse('RATE_LIMITED', admitClauses.rate, detail, { retryAfter })
}

const connectedFrom = (pep: Pep, address: string | undefined): Pep =>
  address === undefined ? pep : { ...pep, address }

type Kind = PepAuthentication['kind']
type OfKind<K extends Kind> = Extract<PepAuthentication, { readonly kind: K }>

function identify(connection: PepConnection, peps: readonly Pep[]): Result<readonly [Pep, ...Pep[]]> {
  const { authorization, certificate, socket, embedded } = connection
  if (embedded) return byName(embedded.pep, peps)
  if (authorization !== undefined) return byBearer(authorization, peps)
  if (certificate?.ok === true) {
    const proved = certificate.value
    const found = some(
      'sha256' in proved
        ? where(peps, 'certificate', ({ sha256 }) => sha256 === proved.sha256)
        : where(peps, 'spiffe', ({ id }) => id === proved.spiffeId),
    )
    if (found) return ok(found)
  }
  const found = some([
    ...where(peps, 'socket', ({ listener }) => listener === socket),
    ...where(peps, 'none', () => true),
  ])
  if (found) return ok(found)
  if (certificate?.ok === false) return unauthenticated(certificate.clause, certificate.detail)
  return certificate
    ? unauthenticated(admitClauses.certificate, 'no enforcement point is configured with this certificate')
    : unauthenticated(admitClauses.anonymous, 'send `authorization: Bearer` with your key, made by `sallyport pep add`')
}

function byName(name: string | undefined, peps: readonly Pep[]): Result<readonly [Pep, ...Pep[]]> {
  const found = some(where(peps, 'embedded', () => true).filter((pep) => name === undefined || pep.name === name))
  return found
    ? ok(found)
    : unauthenticated(admitClauses.embedded, 'no enforcement point of this name is configured with `embedded: true`')
}

function byBearer(authorization: string, peps: readonly Pep[]): Result<readonly [Pep, ...Pep[]]> {
  const key = /^bearer ([A-Za-z0-9._~+/-]{16,512}=*)$/i.exec(authorization)?.[1]
  if (key === undefined) return unauthenticated(admitClauses.scheme, 'authorization must be Bearer and a key')
  // looked up by digest: what a comparison takes in time says nothing about the key
  const digest = sha256(key)
  const found = some(where(peps, 'bearer', ({ digests }) => digests.includes(digest)).map(presented(digest)))
  return found ? ok(found) : unauthenticated(admitClauses.bearer, 'no enforcement point is configured with this key')
}

/** With several keys, records are to say which. */
const presented =
  (digest: Digest) =>
  (pep: Pep): Pep =>
    pep.authentication.kind === 'bearer' && pep.authentication.digests.length > 1
      ? { ...pep, authentication: { kind: 'bearer', digests: [digest] } }
      : pep

function where<K extends Kind>(
  peps: readonly Pep[],
  kind: K,
  is: (authentication: OfKind<K>) => boolean,
): readonly Pep[] {
  return peps.filter(({ authentication }) => authentication.kind === kind && is(authentication as OfKind<K>)) // by its kind
}

const some = ([first, ...rest]: readonly Pep[]): readonly [Pep, ...Pep[]] | undefined => first && [first, ...rest]

const unauthenticated = (clause: Clause, detail: string): Refusal => refuse('PEP_UNAUTHENTICATED', clause, detail)

function findService(
  peps: readonly [Pep, ...Pep[]],
  name: string | undefined,
  { services }: Directory,
): Result<Admitted> {
  const [pep] = peps
  if (name === undefined) {
    const [only, second] = peps.flatMap((pep) =>
      [...pep.services].map((service) => ({ pep, service: services.get(service) })),
    )
    return only?.service && second === undefined
      ? ok({ pep: only.pep, service: only.service })
      : refuse('SERVICE_UNKNOWN', admitClauses.serviceNamed, 'name the service: POST /authorize/{service}')
  }
  const service = services.get(name)
  if (!service) return refuse('SERVICE_UNKNOWN', admitClauses.service, 'no such service is configured')
  const permitted = peps.find(({ services }) => services.has(name))
  return permitted
    ? ok({ pep: permitted, service })
    : refuse(
        'PEP_REFUSED',
        admitClauses.permitted,
        `enforcement point \`${pep.name}\` is not in the list of that service`,
      )
}
