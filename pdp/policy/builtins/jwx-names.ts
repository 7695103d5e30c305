const tokens = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 HS256 HS384 HS512 EdDSA'

const others = [
  'ES256K Ed25519 none A128GCMKW A128KW A192GCMKW A192KW A256GCMKW A256KW dir',
  'ECDH-ES ECDH-ES+A128KW ECDH-ES+A192KW ECDH-ES+A256KW',
  'PBES2-HS256+A128KW PBES2-HS384+A192KW PBES2-HS512+A256KW',
  'RSA1_5 RSA-OAEP RSA-OAEP-256 RSA-OAEP-384 RSA-OAEP-512',
  'A128CBC-HS256 A128GCM A192CBC-HS384 A192GCM A256CBC-HS512 A256GCM',
]

/** The algorithms that OPA's JWT builtins know. */
export const tokenAlgorithms: ReadonlySet<string> = new Set(tokens.split(' '))

/** Every `alg` that a JWK may name for OPA: JWA's and those registered since. */
export const jwxAlgorithms: ReadonlySet<string> = new Set([tokens, ...others].join(' ').split(' '))

/** Every `crv` that a JWK may name for OPA, usable or not. */
export const jwxCurves: ReadonlySet<string> = new Set('Ed25519 Ed448 P-256 P-384 P-521 X25519 X448'.split(' '))
