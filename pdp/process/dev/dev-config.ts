import { type ConfigResult, parseConfig } from '../../config/read-config.ts'
import type { Config } from '../../config/schema.ts'
import { heldReference } from '../demo/demo-config.ts'

/** A bundle that is built here: its name, its first entrypoint, and the file that it is kept in. */
export interface DevBundle {
  readonly name: string
  readonly entrypoint: string
  readonly file: string
}

/** - `decisions`: the address to answer at, `127.0.0.1:0` for a free port. `state`: a folder that goes away with it. */
export interface DevPlaces {
  readonly decisions: string
  readonly state: string
  readonly bundles: readonly DevBundle[]
}

/**
 * The configuration of a decision point in development: what is configured, asked over HTTP alone, with keys in memory in
 * the place of those of issuers and enforcement points, policies as they are built here, and records that end with it.
 */
export function devConfig(base: Config, { decisions, state, bundles }: DevPlaces): ConfigResult {
  const built = bundles.filter(({ name }) => Object.hasOwn(base.bundles, name))
  return parseConfig({
    services: base.services,
    peps: Object.fromEntries(
      Object.entries(base.peps).map(([name, { failure_mode_allow }]) => [
        name,
        { bearer: heldReference({ name }), ...(failure_mode_allow !== undefined && { failure_mode_allow }) },
      ]),
    ),
    trust: base.trust.flatMap(heldAnchor),
    links: base.links,
    bundles: {
      ...base.bundles,
      ...Object.fromEntries(built.map(({ name, file }) => [name, { file, unsigned: true }])),
    },
    policy_headers: base.policy_headers,
    listen: { decisions, health: '127.0.0.1:0' },
    state,
    audit: { mode: 'memory' },
    // whoever makes the proofs has the same clock
    limits: { ...base.limits, proof_skew_s: 0 },
  })
}

type Anchor = Config['trust'][number]

function heldAnchor(anchor: Anchor): readonly object[] {
  if ('spiffe' in anchor) {
    const { spiffe, environment, path, max_lifetime_s, wit } = anchor
    return [{ spiffe, from: heldReference({ name: spiffe }), environment, path, max_lifetime_s, wit }]
  }
  if (!('issuer' in anchor)) return []
  const { issuer, environment, facts, role, max_lifetime_s } = anchor
  const profiles = anchor.profiles.length > 0 ? { profiles: anchor.profiles } : {}
  return [{ issuer, jwks: heldReference({ name: issuer }), environment, facts, role, max_lifetime_s, ...profiles }]
}

/**
 * What is assumed where nothing is configured: each bundle is a service of its name, `https://NAME.example.org`; callers are
 * workloads of the trust domain dev.example, or clients of https://login.example.org.
 */
export function assumedConfig(bundles: readonly DevBundle[], environment: string): ConfigResult {
  const facts = { namespace: 'namespace', service_account: 'service_account' }
  const held = (name: string) => heldReference({ name })
  return parseConfig({
    services: Object.fromEntries(
      bundles.map(({ name, entrypoint }) => [
        name,
        { audiences: [`https://${name}.example.org`], entrypoint, environment, peps: ['dev'] },
      ]),
    ),
    peps: { dev: { bearer: held('dev') } },
    trust: [
      { spiffe: 'dev.example', from: held('dev.example'), path: '/ns/{namespace}/sa/{service_account}', environment },
      { issuer: 'https://login.example.org', jwks: held('https://login.example.org'), facts, environment },
    ],
    bundles: Object.fromEntries(bundles.map(({ name, file }) => [name, { file, unsigned: true }])),
  })
}
