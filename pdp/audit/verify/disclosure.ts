import { isObject, type JsonObject, type JsonValue, member, stringMember } from '../../core/json.ts'
import { commitmentBytes, nonceOf, opensWith } from '../commit-value.ts'
import { readPointer, valueAt } from '../json-pointer.ts'
import type { NoteVerifier } from '../tree/note-key.ts'
import { checkProof, type GivenFile } from './check-proof.ts'
import type { LogProblem } from './report.ts'
import type { GivenPolicy } from './verify-witnessed.ts'

/** What shows a value that a record only commits to: `nonce` opens this commitment and no other. `record` is the line. */
export interface Disclosure {
  readonly field: string
  readonly value: JsonValue
  readonly nonce: string
  readonly record: string
  readonly proof: string
}

/** What whoever has the keys for commitments can open one with. `values`: of which one is expected to be the value. */
export interface Openers {
  readonly keys: readonly Uint8Array[]
  readonly values: readonly JsonValue[]
}

/** Opens what a record commits to at a pointer; otherwise, why it cannot be. */
export function disclose(
  { record, proof }: Pick<Disclosure, 'record' | 'proof'>,
  field: string,
  { keys, values }: Openers,
): Disclosure | string {
  const { id, commitment } = readCommitment(record, field)
  if (id === undefined || commitment === undefined) return `the record commits to nothing at ${field}`
  if (values.length === 0) return 'no value is kept for it: give it (--value), as JSON'
  for (const key of keys) {
    const nonce = nonceOf(key, id, field)
    const value = values.find((value) => opensWith(commitment, nonce, value))
    if (value !== undefined) return { field, value, nonce: nonce.toString('base64url'), record, proof }
  }
  return 'the record commits to another value, or under a secret that is not among those given'
}

export const writeDisclosure = (disclosure: Disclosure): string =>
  `${JSON.stringify({ v: 1, ...disclosure }, null, 2)}\n`

/** The outcome of checking a disclosure: what was shown, or what is wrong. */
export type CheckedDisclosure =
  | { readonly ok: true; readonly id: string; readonly field: string; readonly value: JsonValue }
  | { readonly ok: false; readonly problem: LogProblem }

/** Checks, with the key of the log alone, that its record is in the log and commits to the value. */
export function checkDisclosure(
  { name, bytes }: GivenFile,
  verifier: NoteVerifier,
  policy?: GivenPolicy,
): CheckedDisclosure {
  const wrong = (detail: string): CheckedDisclosure => ({
    ok: false,
    problem: { kind: 'tampered', file: name, detail },
  })
  const read = readDisclosure(Buffer.from(bytes).toString())
  if (!read) return wrong('is no disclosure')
  const { field, value, nonce, record, proof } = read
  const named = (text: string): GivenFile => ({ name, bytes: Buffer.from(text) })
  const problem = checkProof(named(proof), named(record), verifier, policy)
  if (problem) return { ok: false, problem }
  const { id, commitment } = readCommitment(record, field)
  if (id === undefined || commitment === undefined) return wrong(`its record commits to nothing at ${field}`)
  const opened = opensWith(commitment, Buffer.from(nonce, 'base64url'), value)
  return opened ? { ok: true, id, field, value } : wrong(`its record does not commit to this value at ${field}`)
}

function readDisclosure(text: string): Disclosure | undefined {
  const read = parse(text)
  if (!read || member(read, 'v') !== 1) return undefined
  const [field, nonce] = [stringMember(read, 'field'), stringMember(read, 'nonce')]
  const [record, proof] = [stringMember(read, 'record'), stringMember(read, 'proof')]
  const value = member(read, 'value')
  if (field === undefined || nonce === undefined || record === undefined || proof === undefined) return undefined
  if (value === undefined || Buffer.from(nonce, 'base64url').length !== commitmentBytes) return undefined
  return { field, value, nonce, record, proof }
}

function readCommitment(line: string, field: string): { readonly id?: string; readonly commitment?: string } {
  const record = parse(line)
  if (!record || !readPointer(field)) return {}
  const commitment = valueAt(record, ['commit', field])
  const id = stringMember(record, 'id')
  return { ...(id !== undefined && { id }), ...(typeof commitment === 'string' && { commitment }) }
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: JsonValue = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
