import { clauses } from '../../core/clause.ts'
import { readDictionary } from '../../core/read-structured-field.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import type { BareItem, InnerList } from '../../core/structured-field.ts'
import { fromNumericDate, type Instant } from '../../core/time.ts'
import type { PresentedProof } from '../../core/credential.ts'

export const signatureInputClauses = clauses({
  form: 'rfc9421-4-fields',
  labels: 'rfc9421-4-labels',
  tag: 'rfc9421-3.2-tag',
  oneTag: 'rfc9421-3.2-one-signature-of-tag',
  count: 'rfc9421-2-component-count',
  parameters: 'rfc9421-2.3-parameters',
  created: 'rfc9421-2.3-created',
})

/** The one signature that counts, and what it says of itself (RFC 9421 §2.3). */
export interface ChosenSignature {
  readonly input: InnerList
  readonly signature: Buffer
  readonly created: Instant
  readonly expires?: Instant
  readonly nonce?: string
  readonly keyid?: string
  readonly alg?: string
}

const maximumComponents = 32
const maximumDate = 1e11 // more is a date in milliseconds, valid for ever if taken for seconds

/** Takes the one signature with that tag; its label means nothing (§3.2, §7.2.5). Others are not looked at. */
export function chooseSignature({ text, input = '' }: PresentedProof, tag: string): Result<ChosenSignature> {
  const inputs = readDictionary(input)
  const signatures = readDictionary(text)
  if (!inputs?.size || !signatures) {
    return bad(signatureInputClauses.form, 'signature and signature-input must be dictionaries of structured fields')
  }
  if (inputs.size !== signatures.size || [...inputs.keys()].some((label) => !signatures.has(label))) {
    return bad(signatureInputClauses.labels, 'signature and signature-input must have the same labels')
  }
  const tagged = [...inputs].filter(([, member]) => textOf(member.parameters.get('tag')) === tag)
  const [chosen, second] = tagged
  if (second) {
    return refuse('CREDENTIAL_AMBIGUOUS', signatureInputClauses.oneTag, 'two signatures have the tag that counts here')
  }
  if (!chosen) return bad(signatureInputClauses.tag, 'no signature has the tag that counts here')
  const [label, list] = chosen
  const signature = signatures.get(label)
  const bytes = signature && 'bare' in signature && signature.bare.kind === 'bytes' ? signature.bare.value : undefined
  if (!('items' in list) || !bytes?.length) {
    return bad(signatureInputClauses.form, 'a signature covers a list of components and is bytes')
  }
  if (list.items.length > maximumComponents) {
    return bad(signatureInputClauses.count, `more than ${maximumComponents} covered components`)
  }
  return readParameters(list, bytes)
}

type InputClause = (typeof signatureInputClauses)[keyof typeof signatureInputClauses]

const bad = (clause: InputClause, detail: string): Refusal => refuse('PROOF_INVALID', clause, detail)

export const textOf = (item: BareItem | undefined): string | undefined =>
  item?.kind === 'string' ? item.value : undefined

/** Each parameter that is there must have its type; one of another type is not the same as none. */
function readParameters(input: InnerList, signature: Buffer): Result<ChosenSignature> {
  const { parameters } = input
  const wrong =
    ['created', 'expires'].some((name) => parameters.has(name) && dateOf(parameters.get(name)) === undefined) ||
    ['nonce', 'alg', 'keyid'].some((name) => parameters.has(name) && !textOf(parameters.get(name)))
  if (wrong) return bad(signatureInputClauses.parameters, 'a parameter of the signature has a wrong type')
  const created = dateOf(parameters.get('created'))
  if (created === undefined) return bad(signatureInputClauses.created, 'a signature must say when it was created')
  const expires = dateOf(parameters.get('expires'))
  const nonce = textOf(parameters.get('nonce'))
  const keyid = textOf(parameters.get('keyid'))
  const alg = textOf(parameters.get('alg'))
  return ok({
    input,
    signature,
    created,
    ...(expires !== undefined && { expires }),
    ...(nonce !== undefined && { nonce }),
    ...(keyid !== undefined && { keyid }),
    ...(alg !== undefined && { alg }),
  })
}

const dateOf = (item: BareItem | undefined): Instant | undefined =>
  item?.kind === 'integer' && item.value > 0 && item.value < maximumDate ? fromNumericDate(item.value) : undefined
