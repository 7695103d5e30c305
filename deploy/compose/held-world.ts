import { createPrivateKey } from 'node:crypto'
import { type DemoKey, demoKeyOf } from '../../pdp/process/demo/demo-key.ts'
import type { DemoAuthority, DemoWorld } from '../../pdp/process/demo/world.ts'

// The parties of the demonstration, with names that the configuration here has. Their keys travel in a file, since whoever
// signs with them is another process than who makes them.

const names = {
  production: 'shop.example',
  staging: 'staging.shop.example',
  issuer: 'https://login.example.org',
} as const
const keys = ['production', 'staging', 'issuer', 'client', 'stranger'] as const

type HeldKeys = Readonly<Record<(typeof keys)[number], { readonly kid: string; readonly pem: string }>>

/** What `readWorld` reads: private keys. Enforcement points' keys are not in it. */
export function writeWorld(world: DemoWorld): string {
  const keyOf = (name: (typeof keys)[number]): DemoKey => {
    const party: DemoKey | DemoAuthority = world[name]
    return 'key' in party ? party.key : party
  }
  const held = keys.map((name) => {
    const { privateKey, verification } = keyOf(name)
    return [name, { kid: verification.kid, pem: privateKey.export({ type: 'pkcs8', format: 'pem' }) }]
  })
  return JSON.stringify(Object.fromEntries(held))
}

/** The parties again, as their callers need them. */
export function readWorld(text: string): Omit<DemoWorld, 'api' | 'gateway'> {
  const held = JSON.parse(text) as HeldKeys // of `writeWorld`
  const key = (name: (typeof keys)[number]) => demoKeyOf(createPrivateKey(held[name].pem), held[name].kid)
  return {
    production: { name: names.production, key: key('production') },
    staging: { name: names.staging, key: key('staging') },
    issuer: { name: names.issuer, key: key('issuer') },
    client: key('client'),
    stranger: key('stranger'),
  }
}
