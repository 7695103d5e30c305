import type { Config } from '../config/schema.ts'
import { origin } from '../config/sections/services.ts'
import type { Digest } from '../core/digest.ts'
import type { GrpcMethods } from '../core/protobuf/grpc-methods.ts'
import type { Pep, PepAuthentication, Service, SignatureRules, Vouch } from '../core/service.ts'
import { parseSpiffeId, type SpiffeId } from '../core/spiffe-id.ts'
import { seconds } from '../core/time.ts'
import type { HeldKeys } from './held-keys.ts'
import { loadKeyDigests } from './key-digests.ts'

/** The services of a configuration, by name, with the defaults that depend on other settings. */
export function servicesOf(
  { services, policy_headers, envoy_ext_authz_grpc }: Config,
  methods?: GrpcMethods,
): ReadonlyMap<string, Service> {
  const entries = Object.entries(services).map(([name, settings]): [string, Service] => {
    const policy = settings.policy ?? name
    return [
      name,
      {
        name,
        audiences: settings.audiences,
        origins: settings.origins ?? settings.audiences.filter((audience) => origin.safeParse(audience).success),
        policy,
        entrypoint: settings.entrypoint ?? `${policy.replaceAll('-', '_')}/decision`,
        ...(settings.environment !== undefined && { environment: settings.environment }),
        identity: settings.identity,
        ...(settings.dialect === 'opa-envoy' && {
          dialect: {
            name: settings.dialect,
            exposeCredentials: settings.expose_credentials,
            parseBody: envoy_ext_authz_grpc?.['skip-request-body-parse'] !== true,
            ...(methods && { methods }),
          },
        }),
        obligations: settings.obligations,
        reuseMax: seconds(settings.reuse_max_s),
        ...(settings.dpop_nonce !== 'off' && { dpopNonce: settings.dpop_nonce }),
        ...(settings.max_attestation_age_s !== undefined && {
          maxAttestationAge: seconds(settings.max_attestation_age_s),
        }),
        ...(settings.minimum_assurance !== undefined && { minimumAssurance: settings.minimum_assurance }),
        ...(settings.dry_run && { dryRun: true as const }),
        policyHeaders: policy_headers.request,
        ...(settings.http_signature && { httpSignature: signatureRulesOf(settings.http_signature) }),
        coveredHeaders: settings.covered_headers,
      },
    ]
  })
  return new Map(entries)
}

const signatureRulesOf = ({
  tag,
  components,
  nonce,
  content_digest,
}: NonNullable<Config['services'][string]['http_signature']>): SignatureRules => ({
  tag,
  components,
  nonce,
  contentDigest: content_digest === 'compare' ? 'compare' : 'enforcement-point',
})

/** Whether an enforcement point authenticates by a certificate, so that listeners must ask for one. */
export const asksForCertificate = ({ peps }: Config): boolean =>
  Object.values(peps).some(({ spiffe_id, cert_sha256 }) => spiffe_id !== undefined || cert_sha256 !== undefined)

/**
 * The enforcement points of a configuration, by name, each with the services that list it. Under `tls: off` none
 * vouches: whatever ends TLS stands between. Keys that are `held` are taken instead of the file. Throws, for the operator,
 * where a file of keys cannot be used.
 */
export async function pepsOf(
  { peps, services, tls }: Config,
  held: HeldKeys['digests'],
): Promise<ReadonlyMap<string, Pep>> {
  const entries = Object.entries(peps).map(async ([name, settings]): Promise<[string, Pep]> => {
    const own = Object.entries(services).filter(([, service]) => service.peps.includes(name))
    return [
      name,
      {
        name,
        services: new Set(own.map(([service]) => service)),
        authentication: await authenticationOf(name, settings, held),
        vouch: vouchOf(tls, settings.vouch),
      },
    ]
  })
  return new Map(await Promise.all(entries))
}

/** What an enforcement point may vouch for; where TLS is off, nothing. */
export function vouchOf(tls: Config['tls'], settings: Config['peps'][string]['vouch']): Vouch {
  if (tls === 'off' || !settings) return { peerCertificate: false }
  const address = settings.source_address && { sourceAddress: true as const }
  if (!settings.peer_certificate) return { peerCertificate: false, ...address }
  return {
    ...address,
    peerCertificate: true,
    xfccFrom: idsOf(settings.xfcc_from),
    clientCertFrom: idsOf(settings.client_cert_from),
  }
}

const idsOf = (ids: readonly string[]): ReadonlySet<SpiffeId> =>
  new Set(
    ids.flatMap((text) => {
      const id = parseSpiffeId(text)
      return id.ok ? [id.value.id] : [] // the schema holds that each is one
    }),
  )

async function authenticationOf(
  name: string,
  settings: Config['peps'][string],
  held: HeldKeys['digests'],
): Promise<PepAuthentication> {
  const { bearer, cert_sha256, spiffe_id, socket, embedded, none } = settings
  if (bearer !== undefined) {
    const digests =
      held.get(bearer) ?? (await loadKeyDigests(bearer, `peps.${name}.bearer`, `sallyport pep add ${name}`))
    return { kind: 'bearer', digests }
  }
  if (cert_sha256 !== undefined) return { kind: 'certificate', sha256: cert_sha256 as Digest } // the schema checked its form
  if (socket !== undefined) return { kind: 'socket', listener: socket }
  const id = spiffe_id === undefined ? undefined : parseSpiffeId(spiffe_id)
  if (id?.ok) return { kind: 'spiffe', id: id.value.id }
  if (embedded === true) return { kind: 'embedded' }
  if (none === true) return { kind: 'none' }
  throw new Error(`peps.${name}: must say how it authenticates`) // checkPeps holds that this does not happen
}
