import type { ConfigInput } from '../config/schema.ts'
import { heldReference } from '../process/demo/demo-config.ts'
import { testKeyBeginning } from './test-clients.ts'

/** What a service may be given besides what a test decision point says of it. */
export type TestServiceSettings = Omit<
  ConfigInput['services'][string],
  'audiences' | 'origins' | 'policy' | 'entrypoint' | 'environment' | 'peps' | 'dialect' | 'expose_credentials'
>

/** Where things are and what they are called. `folder`: of the registry, the bundle, and of what is written. */
export interface TestPlaces {
  readonly service: string
  readonly origin: string
  readonly environment: string
  readonly trustDomain: string
  readonly issuer: string
  readonly entrypoint: string
  readonly bundle: string
  readonly folder: string
  readonly settings: TestServiceSettings
}

/** As which enforcement point tests ask. */
export const testPep = 'tests'

/** Where files of the folder are. */
export const testFiles = { trust: 'trust-bundle.json', registry: 'clients.yaml' } as const

/** The configuration of a decision point for tests, reached over loopback if at all, whose records end with it. */
export function testConfig(places: TestPlaces): ConfigInput {
  const { service, origin, environment, trustDomain, issuer, entrypoint, bundle, folder, settings } = places
  return {
    services: {
      [service]: { ...settings, audiences: [origin], policy: 'policy', entrypoint, environment, peps: [testPep] },
    },
    peps: {
      [testPep]: {
        bearer: heldReference({ name: testPep }),
        vouch: { peer_certificate: true, source_address: true },
      },
    },
    trust: [
      {
        spiffe: trustDomain,
        from: `file:${folder}/${testFiles.trust}`,
        path: '/ns/{namespace}/sa/{service_account}',
        environment,
      },
      {
        issuer,
        jwks: heldReference({ name: issuer }),
        facts: { namespace: 'namespace', service_account: 'service_account' },
        environment,
      },
    ],
    registry: {
      issuer: 'https://clients.test.example',
      from: `file:${folder}/${testFiles.registry}`,
      methods: { 'api-key': testKeyBeginning },
    },
    bundles: { policy: { file: bundle, unsigned: true } },
    listen: { decisions: '127.0.0.1:0', health: '127.0.0.1:0', admin: `unix:${folder}/admin.sock` },
    state: folder,
    audit: { mode: 'memory' },
    limits: { proof_skew_s: 0 }, // whoever makes the proofs has the same clock
  }
}
