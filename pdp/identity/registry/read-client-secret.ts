import { clauses } from '../../core/clause.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { readForm, readFormPart } from '../../core/read-form.ts'

export const clientSecretFormClauses = clauses({
  size: 'client-secret-size',
  base64: 'rfc7617-2-base64',
  pair: 'rfc7617-2-user-pass',
  encoding: 'rfc6749-2.3.1-form-encoded',
  form: 'rfc6749-2.3.1-request-body',
  once: 'rfc6749-3.2-parameter-once',
  oneMethod: 'rfc6749-2.3-one-method',
})

/** Who a client says it is, and its secret. Unverified. */
export interface PresentedSecret {
  readonly clientId: string
  readonly secret: string
}

const maximumLength = 4_096

/** Reads the credentials of the scheme Basic as clients of OAuth send them (RFC 6749 §2.3.1): each part form-encoded. */
export function readBasicSecret(text: string): Result<PresentedSecret> {
  if (text.length > maximumLength) return tooLong
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) {
    return malformed(clientSecretFormClauses.base64, 'credentials of Basic must be canonical base64, padded')
  }
  const pair = bytes.toString('latin1')
  const colon = pair.indexOf(':')
  if (colon < 1) return malformed(clientSecretFormClauses.pair, 'credentials of Basic must be an id, a colon, a secret')
  const clientId = readFormPart(pair.slice(0, colon))
  const secret = readFormPart(pair.slice(colon + 1))
  return clientId !== undefined && clientId !== '' && secret !== undefined && secret !== ''
    ? ok({ clientId, secret })
    : malformed(clientSecretFormClauses.encoding, 'id and secret must be form-encoded each, and not empty')
}

/** Parameters by which a client would prove itself in another way. */
const otherMethods = ['client_assertion', 'client_assertion_type']

/** Reads `client_id` and `client_secret` of the body of a request for a token (RFC 6749 §2.3.1); others may stand there. */
export function readFormSecret(text: string): Result<PresentedSecret> {
  if (text.length > maximumLength) return tooLong
  const fields = readForm(text)
  if (!fields) return malformed(clientSecretFormClauses.form, 'must be application/x-www-form-urlencoded')
  const names = fields.map(([name]) => name)
  if (new Set(names).size !== names.length) {
    return malformed(clientSecretFormClauses.once, 'a parameter stands there twice')
  }
  if (names.some((name) => otherMethods.includes(name))) {
    const detail = 'a client proves itself in one way: by a secret or by an assertion'
    return refuse('CREDENTIAL_AMBIGUOUS', clientSecretFormClauses.oneMethod, detail)
  }
  const of = (wanted: string) => fields.find(([name]) => name === wanted)?.[1] ?? ''
  const [clientId, secret] = [of('client_id'), of('client_secret')]
  return clientId !== '' && secret !== ''
    ? ok({ clientId, secret })
    : malformed(clientSecretFormClauses.form, 'client_id and client_secret must be there, and not empty')
}

const malformed = (
  clause: (typeof clientSecretFormClauses)[keyof typeof clientSecretFormClauses],
  detail: string,
): Refusal => refuse('CREDENTIAL_MALFORMED', clause, detail)

const tooLong = malformed(clientSecretFormClauses.size, `longer than ${maximumLength} characters`)
