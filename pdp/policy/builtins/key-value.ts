import { objectOf, type Value } from '../value.ts'
import { goBytes, goNumber, goStruct } from './go-struct.ts'
import type { PrivateKey } from './private-key.ts'
import type { PublicKey } from './public-key.ts'

/** A public key as Go's `json.Marshal` writes it. A curve shows nothing of itself. */
export function publicKeyValue(key: PublicKey): Value {
  switch (key.kind) {
    case 'rsa':
      return goStruct({ N: goNumber(key.n), E: goNumber(key.e) })
    case 'ecdsa':
      return goStruct({ Curve: objectOf(), X: goNumber(key.x), Y: goNumber(key.y) })
    case 'ed25519':
      return goBytes(key.bytes)
    case 'x25519':
      return objectOf()
    case 'dsa': {
      const { p, q, g, y } = key
      return goStruct({ P: goNumber(p), Q: goNumber(q), G: goNumber(g), Y: goNumber(y) })
    }
  }
}

/** A private key as Go's `json.Marshal` writes it: the public parts beside the private ones. */
export function privateKeyValue(key: PrivateKey): Value {
  switch (key.kind) {
    case 'rsa':
      return goStruct({
        N: goNumber(key.public.n),
        E: goNumber(key.public.e),
        D: goNumber(key.d),
        Primes: key.primes.map(goNumber),
        Precomputed: goStruct({
          Dp: goNumber(key.dp),
          Dq: goNumber(key.dq),
          Qinv: goNumber(key.qinv),
          CRTValues: key.crt.map(({ exp, coeff, r }) =>
            goStruct({ Exp: goNumber(exp), Coeff: goNumber(coeff), R: goNumber(r) }),
          ),
        }),
      })
    case 'ecdsa': {
      const { x, y } = key.public
      return goStruct({ Curve: objectOf(), X: goNumber(x), Y: goNumber(y), D: goNumber(key.d) })
    }
    case 'ed25519':
      return goBytes(Buffer.concat([key.seed, key.public.bytes]))
    case 'x25519':
      return objectOf()
  }
}
