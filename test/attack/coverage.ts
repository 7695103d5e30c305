// What is known to have been done to verifiers of credentials, class by class, and which attack of the catalogue or which
// other test stands for it.

/** A test that covers what no request to `POST /authorize` can express: the file, and a text that its test has. */
export interface ElsewhereTested {
  readonly file: string
  readonly says: string
}

/** One class. `notTaken`: why no attack of this class can be made here at all. */
export type Coverage =
  | { readonly rows: readonly string[]; readonly tests?: readonly ElsewhereTested[] }
  | { readonly tests: readonly ElsewhereTested[] }
  | { readonly notTaken: string }

const tested = (file: string, says: string): ElsewhereTested => ({ file: `test/${file}.test.ts`, says })
const fetchRules = (says: string) => tested('unit/net/fetch', says)
const door = (says: string) => tested('contract/doors/bad-requests', says)

export const coverage: Readonly<Record<string, Coverage>> = {
  'alg none, its spellings, an empty signature': {
    rows: [
      'alg-none',
      'alg-none-mixed-case',
      'alg-none-upper-case',
      'alg-none-signed',
      'signature-empty',
      'two-segments',
      'json-flattened',
    ],
  },
  'a public key as HMAC secret': { rows: ['hmac-pem', 'hmac-der', 'hmac-jwk', 'hmac-blank-pem'] },
  'alg from an unprotected header': { rows: ['json-unprotected-alg'] },
  'keys and places of keys in the header': {
    rows: ['jwk-header', 'jku-header', 'x5u-header', 'x5c-header', 'own-key'],
  },
  'injection through kid': {
    rows: ['kid-path', 'kid-path-hmac', 'kid-sql', 'kid-sql-hmac', 'kid-prototype', 'kid-huge'],
    tests: [tested('unit/jose/read-jwks', 'one kid twice')],
  },
  'ECDSA with zero or too large r and s': { rows: ['ecdsa-zero', 'ecdsa-s-zero', 'ecdsa-order', 'ecdsa-der'] },
  'Ed25519 with S of L or more': { tests: [tested('conformance/jose/wycheproof', "'ed25519'")] },
  'RSA with e = 3, forged padding': {
    tests: [tested('unit/jose/read-jwk', 'e = 3'), tested('conformance/jose/wycheproof', 'rsa_signature_2048_sha256')],
  },
  'unknown extensions in crit': {
    rows: ['crit-unknown', 'crit-empty', 'crit-no-list', 'crit-repeated', 'b64-false'],
  },
  'a cache of tokens that answers another identity': {
    rows: ['cache-same-claims', 'cache-same-signature'],
    tests: [tested('unit/jose/verified-tokens', 'each hit answers its own claims')],
  },
  'tokens of one kind in the place of another': {
    rows: ['typ-access-token', 'typ-logout-token', 'proof-as-token', 'wit-as-bearer', 'sub-spiffe-by-issuer'],
    tests: [tested('contract/credential-matrix', 'before a verifier')],
  },
  'audience confusion': {
    rows: ['aud-other', 'aud-absent', 'aud-empty', 'aud-slash', 'aud-upper-case', 'aud-prefix'],
    tests: [
      tested('contract/cross-service', 'bearer token of the other service'),
      tested('unit/config/parse-config', 'a service without an audience'),
    ],
  },
  'exp absent, or no time': {
    rows: ['exp-absent', 'exp-null', 'exp-text', 'exp-milliseconds', 'exp-infinite', 'exp-negative', 'exp-past'],
  },
  'a race of replays': {
    rows: ['dpop-replayed', 'dpop-replayed-malleable', 'wpt-replayed', 'signature-replayed'],
    tests: [
      tested('contract/doors/replay-race', '50 parallel presentations of one proof'),
      tested('unit/identity/aws-sigv4', 'replay race: of fifty at once one is allowed'),
    ],
  },
  'signed content beside another document': {
    tests: [
      tested('unit/identity/azure-attested', 'a document beside another that was signed'),
      tested('unit/x509/signed-data', 'content other than what was signed'),
      tested('unit/identity/aws-instance', 'a forged document in a genuine envelope'),
    ],
  },
  'a signer that is not the certificate checked': {
    tests: [
      tested('unit/identity/azure-attested', 'a stranger with a genuine certificate in the bag'),
      tested('unit/identity/azure-attested', 'a stranger who names the genuine certificate'),
      tested('unit/identity/aws-instance', 'its own certificate beside it'),
    ],
  },
  'tokens that strangers get of a shared issuer': {
    tests: [
      tested('unit/identity/platforms', 'a stranger, who is on GitHub too'),
      tested('unit/identity/platforms', 'the profile of anybody'),
    ],
  },
  'authorities as leaves, leaves as authorities': { rows: ['ca-as-leaf', 'leaf-as-ca', 'leaf-as-ca-unnamed'] },
  'name constraints': {
    rows: ['name-excluded', 'name-not-permitted'],
    tests: [tested('unit/x509/name-constraints', 'excluded subtrees')],
  },
  'path building without end': {
    tests: [tested('attack/x509-path-building', 'ten authorities that all sign each other')],
  },
  'names of a certificate read as text': {
    rows: ['san-nul', 'san-comma', 'san-quotes', 'san-unicode', 'san-type-confusion'],
  },
  'resumption past a check': { tests: [tested('attack/pep-certificates', 'resumption and connections that are kept')] },
  'forwarded headers from anyone': {
    rows: [
      'xfcc-spoofed',
      'xfcc-no-proxy',
      'xfcc-plain-pep',
      'xfcc-by-workload',
      'xfcc-two-headers',
      'client-cert-spoofed',
      'client-cert-unnamed',
      'dpop-htu-forwarded-host',
    ],
    tests: [tested('property/identity/xfcc.property', 'xfcc')],
  },
  'forwarded sts:GetCallerIdentity requests': {
    tests: [
      tested('unit/identity/aws-iam', 'STS forwarding: a host that begins like ours'),
      tested('unit/identity/aws-iam', 'duplicate query keys with different case'),
      tested('unit/identity/aws-iam', 'unsigned audience header'),
      tested('contract/trust/aws-sts', 'what was signed for another audience'),
      tested('contract/trust/aws-sts', 'a redirect'),
    ],
  },
  'a source of keys chosen by the attacker': {
    rows: ['iss-other', 'iss-slash', 'iss-key-of-another', 'sub-other-domain', 'san-other-domain', 'jku-header'],
    tests: [
      tested('unit/identity/key-pair-jwt', 'the name of another client'),
      tested('unit/identity/aws-instance', 'the key of another region'),
    ],
  },
  'requests of ours to places chosen by the attacker': {
    tests: [
      fetchRules('a redirect to loopback'),
      fetchRules('an IPv4-mapped address, though listed'),
      fetchRules('a length that is too large'),
      fetchRules('a body that never ends'),
      tested('unit/trust/remote-jwks', 'at a private address is not asked for'),
    ],
  },
  'fetches of keys by the thousand': { tests: [tested('unit/trust/remote-jwks', 'a flood of unknown kids')] },
  'ambiguous CBOR': { notTaken: 'no CBOR is accepted' },
  'prototypes through claims': {
    rows: ['proto-claim', 'kid-prototype'],
    tests: [door('__proto__ key'), tested('attack/forwarded-certificates', 'a key of every object')],
  },
  'two values where one belongs': {
    rows: ['authorization-twice', 'authorization-joined', 'header-two-spellings', 'dpop-two', 'evidence-in-two-places'],
    tests: [door('two Host headers'), door('two Authorization headers')],
  },
  'SAN tricks': {
    rows: [
      'san-two-uris',
      'san-nul',
      'san-upper-case',
      'san-percent',
      'san-root-id',
      'ca-as-leaf',
      'intermediate-expired',
      'xfcc-two-uris',
    ],
  },
  'forms of JWT that cost or confuse': {
    rows: ['p2c-huge', 'jwe-zip', 'duplicate-alg', 'duplicate-sub', 'base64-padding', 'iss-list'],
  },
  'proofs for another request, key or token': {
    rows: [
      'dpop-htu-other',
      'dpop-htu-prefix',
      'dpop-htu-http',
      'dpop-htm',
      'dpop-htm-lower-case',
      'dpop-ath',
      'dpop-ath-absent',
      'dpop-jti-absent',
      'dpop-iat-future',
      'dpop-iat-past',
      'dpop-private-jwk',
      'dpop-alg-none',
      'dpop-hmac',
      'dpop-typ',
      'dpop-other-key',
      'dpop-key-swapped',
    ],
  },
  'a proof left out': {
    rows: ['dpop-downgrade', 'dpop-absent', 'dpop-unbound-token', 'cnf-unknown', 'wpt-absent', 'proof-beside-bearer'],
  },
  'a store of replays that is gone': { tests: [tested('contract/decide/restart', 'FIRST_USE_UNAVAILABLE')] },
}
