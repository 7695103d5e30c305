import { registeredClauses } from '../../identity/registry/check-registered.ts'
import { lookUpClauses } from '../../identity/registry/look-up.ts'
import { clientSecretFormClauses } from '../../identity/registry/read-client-secret.ts'
import { apiKeyClauses } from '../../identity/verifiers/api-key.ts'
import { clientSecretClauses } from '../../identity/verifiers/client-secret.ts'
import { hmacTokenClauses } from '../../identity/verifiers/hmac-token.ts'
import { hmacClauses } from '../../jose/hmac.ts'
import { typeClauses } from '../../jose/check-type.ts'
import { all, type Check } from './check.ts'
import { show, showClaim } from './seen.ts'
import { audience, confirmation, times } from './token-checks.ts'

// Steps of verifiers that look clients up in the registry.

export const registration: Check = {
  name: 'registration',
  clauses: all(registeredClauses),
  expected: ({ service }) => `an active client, for ${service.name}, from where it may call`,
}

export const apiKey: readonly Check[] = [
  {
    name: 'form',
    clauses: [apiKeyClauses.form],
    expected: ({ config }) => {
      const { prefix, environment } = config.registry?.methods['api-key'] ?? {}
      return prefix === undefined ? 'no API key' : `${prefix}_${environment}_<id>_<secret>_<checksum>`
    },
  },
  { name: 'place', clauses: [apiKeyClauses.notInUrl], expected: () => 'a header, and no URL' },
  {
    name: 'secret',
    clauses: [apiKeyClauses.secret, ...all(lookUpClauses)],
    expected: () => 'one whose digest is registered',
  },
  registration,
]

export const clientSecret: readonly Check[] = [
  {
    name: 'form',
    clauses: [clientSecretClauses.scheme, ...all(clientSecretFormClauses)],
    expected: () => 'an id and a secret, form-encoded each',
  },
  { name: 'place', clauses: [clientSecretClauses.notInUrl], expected: () => 'a header or a body, and no URL' },
  {
    name: 'secret',
    clauses: [clientSecretClauses.secret, clientSecretClauses.attempts, clientSecretClauses.capacity],
    expected: () => 'one that is registered for this client',
  },
  registration,
]

export const hmacToken: readonly Check[] = [
  {
    name: 'type',
    clauses: [hmacTokenClauses.form, ...all(typeClauses)],
    expected: () => 'hmac+jwt',
  },
  {
    name: 'MAC',
    clauses: [hmacTokenClauses.keyId, hmacTokenClauses.mac, ...all(hmacClauses)],
    expected: () => 'HS256 with the registered key that kid names',
    got: ({ credential }) => (credential?.form === 'mac' ? `kid ${show(credential.header.kid)}` : 'none'),
  },
  times,
  audience,
  {
    name: 'client',
    clauses: [hmacTokenClauses.client, hmacTokenClauses.id, hmacTokenClauses.actor],
    expected: ({ config }) => `iss ${show(config.registry?.issuer)}, sub the client of the key, a jti, no act`,
    got: (seen) => ['iss', 'sub', 'jti', 'act'].map((name) => `${name} ${showClaim(seen, name)}`).join(', '),
  },
  registration,
  confirmation,
]
