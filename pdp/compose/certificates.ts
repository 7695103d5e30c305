import { certificateNames } from '../config/sections/trust.ts'
import { readCertificateName } from '../identity/certificate-names.ts'
import type { ChainTrust } from '../identity/prove-chain.ts'
import { type AzureAttestedSettings, createAzureAttestedVerifier } from '../identity/verifiers/azure-attested.ts'
import { createMtlsVerifier, type MtlsClient } from '../identity/verifiers/mtls.ts'
import type { Verifier } from '../seams.ts'
import type { AzureAnchor, ClientAuthorityAnchor, StartedSource } from './trust.ts'

/** Authorities with what helps to build paths to them; undefined where the source has none. */
export function chainTrustOf(
  { asOf, anchors }: StartedSource,
  aids: StartedSource | undefined,
): ChainTrust | undefined {
  return anchors && { trust: { asOf, anchors }, ...(aids?.aids && { aids: { aids: aids.aids } }) }
}

/** The verifier of a configured authority. Throws, for the operator, where a client is known by what is no name. */
export function authorityVerifier(anchor: ClientAuthorityAnchor, chainTrust: ChainTrust): Verifier {
  const { name, environment, facts } = anchor
  const known = { ...facts, ...(environment !== undefined && { environment }) }
  return createMtlsVerifier({
    ...chainTrust,
    name,
    clients: anchor.clients.map((client) => clientOf(name, client)),
    facts: Object.entries(known).map(([name, value]) => ({ name, value, source: 'config' })),
  })
}

/** The verifier of what Azure signs about machines. */
export const azureVerifier = (
  { name, azure_attested: { subscriptions, vms, metadata_domain }, environment }: AzureAnchor,
  chainTrust: ChainTrust,
  documents: Pick<AzureAttestedSettings, 'nonces' | 'skew'>,
): Verifier =>
  createAzureAttestedVerifier({
    ...chainTrust,
    ...documents,
    name,
    subscriptions,
    domain: metadata_domain,
    ...(vms && { vms }),
    ...(environment !== undefined && { environment }),
  })

function clientOf(authority: string, client: ClientAuthorityAnchor['clients'][number]): MtlsClient {
  const by = certificateNames.find((each) => client[each] !== undefined)
  if (by === undefined) throw new Error(`trust: ${authority}: client \`${client.id}\` has no name`) // the schema holds that it has one
  const name = readCertificateName(by, client[by] ?? '')
  if (!name.ok) throw new Error(`trust: ${authority}: ${by} of client \`${client.id}\`: ${name.detail}`)
  return { id: client.id, name: name.value }
}
