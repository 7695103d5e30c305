import { isDialectInput } from '../../core/policy-input.ts'
import type { JsonValue } from '../../core/json.ts'
import { readPointer, valueAt } from '../json-pointer.ts'
import type { Payload } from './payload.ts'

/** What the record of a decision would say at a pointer, by the payload of that decision; undefined where that has none. */
export function payloadValue({ input, questions }: Payload, pointer: string): JsonValue | undefined {
  const path = readPointer(pointer)
  if (!path || isDialectInput(input)) return undefined
  const { subject, attested, verified, delegation, request } = input
  const record = {
    attested,
    delegation,
    ...(subject && { subject: { ...subject, credentials: verified } }),
    ...(request && { request: { method: request.method, host: request.host, path: request.raw_path } }),
    questions: questions.map(({ action, resource }) => ({
      ...(action && { action: action['name'] }),
      ...(resource && { resource: { type: resource['type'], id: resource['id'] } }),
    })),
  }
  return valueAt(JSON.parse(JSON.stringify(record)) as JsonValue, path) // as it was kept: JSON
}
