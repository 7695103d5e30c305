import { clauses } from '../../core/clause.ts'
import type { RegisteredKey } from '../../core/client.ts'
import type { Frame } from '../../core/frame.ts'
import { isArray, type JsonValue } from '../../core/json.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Registry, RegistryQuery } from '../../seams.ts'

export const lookUpClauses = clauses({ sound: 'registry-answer-sound' })

const unsound = refuse('INTERNAL', lookUpClauses.sound, 'the registry answered something else than was asked for')

/**
 * Asks the registry, and sees that the answer is one to this very question: a registry is a plug-in, and a key of another
 * client must never check what this one presents.
 */
export async function lookUp(
  registry: Registry,
  query: RegistryQuery,
  frame: Frame,
): Promise<Result<readonly RegisteredKey[]>> {
  const found = await registry.find(query, frame)
  if (found.ok === false) return found
  if (found.ok !== true || !isArray(found.value as unknown as JsonValue)) return unsound // whatever it is
  return found.value.every((each) => isAnswerTo(each, query)) ? ok(found.value) : unsound
}

const isAnswerTo = (found: Partial<RegisteredKey> | undefined, query: RegistryQuery): boolean =>
  found?.client !== undefined &&
  found.key?.method === query.method &&
  ('name' in query ? found.key.name === query.name : found.key.id === query.key)
