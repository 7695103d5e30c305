import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { layOver, readFlags } from '../../config/overlay.ts'
import { type ConfigResult, parseConfig } from '../../config/read-config.ts'
import { type DemoPep, type DemoWorld, demoAudiences } from './world.ts'

const bundles = fileURLToPath(new URL('../../../bundles/dist/', import.meta.url))
const template = '/ns/{namespace}/sa/{service_account}'

/** Where a key would be if it were not in memory: the schema asks for a place, and nothing is read there. */
export const heldReference = ({ name }: Pick<DemoPep, 'name'>): string => `file:/held in memory/${name}`

/** The configuration of a demonstration, with flags (`listen.decisions=127.0.0.1:7080`) laid over it. */
export function demoConfig(world: DemoWorld, flags: readonly string[]): ConfigResult {
  const { settings, problems } = readFlags(flags)
  return problems.length > 0 ? { ok: false, problems } : parseConfig(layOver(settingsOf(world), settings))
}

function settingsOf({ production, staging, issuer, api, gateway }: DemoWorld) {
  const spiffe = ({ name }: DemoWorld['production'], environment: string) => ({
    spiffe: name,
    from: heldReference({ name }),
    path: template,
    environment,
  })
  return {
    services: {
      orders: {
        audiences: [demoAudiences.orders],
        environment: 'production',
        obligations: ['mask_fields', 'notify'],
        peps: [api.name, gateway.name],
      },
      'orders-staging': {
        audiences: [demoAudiences['orders-staging']],
        policy: 'orders',
        environment: 'staging',
        obligations: ['mask_fields', 'notify'],
        peps: [gateway.name],
      },
      'agent-tools': {
        audiences: [demoAudiences['agent-tools']],
        environment: 'production',
        obligations: ['approval'],
        peps: [gateway.name],
      },
    },
    peps: Object.fromEntries([api, gateway].map((pep) => [pep.name, { bearer: heldReference(pep) }])),
    trust: [
      spiffe(production, 'production'),
      spiffe(staging, 'staging'),
      {
        issuer: issuer.name,
        jwks: heldReference(issuer),
        environment: 'production',
        facts: { namespace: 'namespace', service_account: 'service_account' },
      },
    ],
    bundles: Object.fromEntries(
      ['orders', 'agent-tools'].map((name) => [name, { file: join(bundles, `${name}.tar.gz`), unsigned: true }]),
    ),
    // the socket of administration is all that is written, and not where the demonstration was started
    state: join(tmpdir(), `sallyport-${production.name}`),
    audit: { mode: 'memory' },
    // issuer and decision point have one clock, so a proof counts from the second after the start
    limits: { proof_skew_s: 0 },
  }
}
