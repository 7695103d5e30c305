import { randomBytes } from 'node:crypto'
import { createDemoKey, type DemoKey } from './demo-key.ts'

/** Whose word is taken: a trust domain or an issuer, and the key it signs with. */
export interface DemoAuthority {
  readonly name: string
  readonly key: DemoKey
}

/** Who may ask, and the key it shows. */
export interface DemoPep {
  readonly name: string
  readonly key: string
}

/**
 * The parties of a demonstration. Every key is made for this process and is in its memory alone.
 *
 * - `production`, `staging`: trust domains. `issuer`: of OAuth access tokens.
 * - `client`: the key that access tokens are bound to. `stranger`: a key that nobody trusts.
 * - `api`: asks for `orders` alone. `gateway`: asks for every service.
 */
export interface DemoWorld {
  readonly production: DemoAuthority
  readonly staging: DemoAuthority
  readonly issuer: DemoAuthority
  readonly client: DemoKey
  readonly stranger: DemoKey
  readonly api: DemoPep
  readonly gateway: DemoPep
}

/** The audience and the origin of each service that the demonstration guards. */
export const demoAudiences = {
  orders: 'https://orders.example.org',
  'orders-staging': 'https://orders.staging.example.org',
  'agent-tools': 'https://tools.example.org',
} as const

export type DemoService = keyof typeof demoAudiences

/** Makes the parties. Names of trust domains are new each time: no two demonstrations take each other's tokens. */
export function createDemoWorld(): DemoWorld {
  const run = randomBytes(3).toString('hex')
  return {
    production: { name: `demo-${run}.example`, key: createDemoKey('production-1') },
    staging: { name: `demo-${run}-staging.example`, key: createDemoKey('staging-1') },
    // the one name that is not new: the example policy of agents says that this issuer speaks for users
    issuer: { name: 'https://login.example.org', key: createDemoKey('login-1') },
    client: createDemoKey('client-1'),
    stranger: createDemoKey('stranger-1'),
    api: { name: 'orders-api', key: newPepKey() },
    gateway: { name: 'gateway', key: newPepKey() },
  }
}

const newPepKey = (): string => `sp_pep_${randomBytes(32).toString('base64url')}`
