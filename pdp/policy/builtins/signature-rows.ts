/** A signature algorithm of a JWS as OPA's JOSE library does it. The curve of an ECDSA key is not part of it. */
export type SignatureRow =
  | { readonly family: 'hmac'; readonly hash: string }
  | { readonly family: 'rsa'; readonly hash: string; readonly saltLength: number | undefined }
  | { readonly family: 'ecdsa'; readonly hash: string }
  | { readonly family: 'eddsa' }

const rows: Readonly<Record<string, SignatureRow>> = {
  HS256: { family: 'hmac', hash: 'sha256' },
  HS384: { family: 'hmac', hash: 'sha384' },
  HS512: { family: 'hmac', hash: 'sha512' },
  RS256: { family: 'rsa', hash: 'sha256', saltLength: undefined },
  RS384: { family: 'rsa', hash: 'sha384', saltLength: undefined },
  RS512: { family: 'rsa', hash: 'sha512', saltLength: undefined },
  PS256: { family: 'rsa', hash: 'sha256', saltLength: 32 },
  PS384: { family: 'rsa', hash: 'sha384', saltLength: 48 },
  PS512: { family: 'rsa', hash: 'sha512', saltLength: 64 },
  ES256: { family: 'ecdsa', hash: 'sha256' },
  ES384: { family: 'ecdsa', hash: 'sha384' },
  ES512: { family: 'ecdsa', hash: 'sha512' },
  EdDSA: { family: 'eddsa' },
  Ed25519: { family: 'eddsa' },
}

// Names that the library's signing part has for the same and that it takes for an unknown `alg` as they stand.
const aliases: Readonly<Record<string, string>> = {
  HMAC_WITH_SHA256: 'HS256',
  HMAC_WITH_SHA384: 'HS384',
  HMAC_WITH_SHA512: 'HS512',
  RSA_PKCS1v15_WITH_SHA256: 'RS256',
  RSA_PKCS1v15_WITH_SHA384: 'RS384',
  RSA_PKCS1v15_WITH_SHA512: 'RS512',
  RSA_PSS_WITH_SHA256: 'PS256',
  RSA_PSS_WITH_SHA384: 'PS384',
  RSA_PSS_WITH_SHA512: 'PS512',
  ECDSA_WITH_P256_AND_SHA256: 'ES256',
  ECDSA_WITH_P384_AND_SHA384: 'ES384',
  ECDSA_WITH_P521_AND_SHA512: 'ES512',
}

/** The algorithm that an `alg` names, compared exactly; undefined if none. */
export function signatureRow(alg: string): SignatureRow | undefined {
  const name = Object.hasOwn(aliases, alg) ? aliases[alg] : alg
  return name !== undefined && Object.hasOwn(rows, name) ? rows[name] : undefined
}
