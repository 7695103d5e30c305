import { randomBytes } from 'node:crypto'
import type { Config } from '../../config/schema.ts'
import { createDemoKey, type DemoKey } from '../demo/demo-key.ts'

/** Whose word is taken during development, in the place of a configured trust domain or issuer, with a key of ours. */
export type DevIssuer =
  | { readonly kind: 'spiffe'; readonly name: string; readonly path?: string; readonly key: DemoKey }
  | {
      readonly kind: 'issuer'
      readonly name: string
      readonly facts: Readonly<Record<string, string>>
      readonly key: DemoKey
    }

/** Every key of a decision point in development, made for it: of issuers, of enforcement points by name, of callers. */
export interface DevWorld {
  readonly issuers: readonly DevIssuer[]
  readonly peps: Readonly<Record<string, string>>
  readonly client: DemoKey
}

/** Makes the keys for what a configuration trusts. Authorities of certificates are left out: nothing here makes certificates. */
export function createDevWorld({ trust, peps }: Pick<Config, 'trust' | 'peps'>): DevWorld {
  const issuers = new Map<string, DevIssuer>()
  for (const anchor of trust) {
    if ('spiffe' in anchor) {
      const { spiffe: name, path } = anchor
      issuers.set(name, { kind: 'spiffe', name, key: createDemoKey('dev-1'), ...(path !== undefined && { path }) })
    } else if ('issuer' in anchor && anchor.role === 'subject') {
      const { issuer: name, facts } = anchor
      issuers.set(name, { kind: 'issuer', name, facts, key: createDemoKey('dev-1') })
    }
  }
  return {
    issuers: [...issuers.values()],
    peps: Object.fromEntries(Object.keys(peps).map((name) => [name, newPepKey()])),
    client: createDemoKey('client-1'),
  }
}

const newPepKey = (): string => `sp_pep_${randomBytes(32).toString('base64url')}`
