import { type Instant, nanosecondDigits } from '../../core/time.ts'
import { isNumberValue, numberText, type ObjectValue, type Value } from '../value.ts'
import { readVerificationKeys, type VerificationKey } from './verification-keys.ts'

/** What `io.jwt.decode_verify` demands of a token; an empty text demands nothing. Either `keys` or `secret` counts. */
export interface TokenConstraints {
  readonly keys: readonly VerificationKey[] | undefined
  readonly secret: string
  readonly alg: string
  readonly iss: string
  readonly aud: string
  /** Nanoseconds since 1970, as the double that OPA makes of it. */
  readonly time: number
}

/** Reads the constraints; throws where one is unknown or of a wrong type, or there is not exactly one kind of key. */
export function readTokenConstraints(object: ObjectValue, now: Instant): TokenConstraints {
  const texts: Record<string, string> = {}
  let time = Number(nanosecondDigits(now))
  for (const [name, value] of object.entries) {
    if (name === 'time') time = timeOf(value)
    else if (typeof name === 'string' && known.includes(name) && typeof value === 'string') texts[name] = value
    else throw new Error('unknown token constraint, or one of a wrong type')
  }
  const { cert, secret = '', alg = '', iss = '', aud = '' } = texts
  const keys = cert === undefined ? undefined : readVerificationKeys(cert)
  if ((keys !== undefined) === (secret !== '')) throw new Error('one of `cert` and `secret` is needed')
  return { keys, secret, alg, iss, aud, time }
}

const known = ['cert', 'secret', 'alg', 'iss', 'aud']

function timeOf(value: Value): number {
  const time = isNumberValue(value) ? Number(numberText(value)) : Number.NaN
  if (!(time >= 0 && time < Infinity)) throw new Error('not a time')
  return time
}
