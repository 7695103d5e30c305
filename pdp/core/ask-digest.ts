import type { Ask } from './ask.ts'
import { canonicalText } from './canonical-bytes.ts'
import { type Digest, sha256 } from './digest.ts'
import type { Frame } from './frame.ts'
import type { JsonValue } from './json.ts'

/**
 * What makes two asks the same one, retried: the PEP, its ask id, and everything asked and presented. Without an ask id
 * no ask is a retry of another, and the digest is that of this decision alone.
 */
export function askDigest(ask: Ask, frame: Frame): Digest {
  if (ask.askId === undefined) return sha256(canonicalText(['decision', frame.id]))
  const { evidence, request } = ask
  const headers = pairsOf(evidence.headers)
  const credentials = evidence.credentials.map(({ type, token }): JsonValue => [type, token])
  const questions = ask.questions.map(({ action, resource }): JsonValue => [action ?? null, resource ?? null])
  const asked: JsonValue = [
    ['ask', ask.pep.name, ask.askId, ask.service.name, ask.door],
    [headers, credentials, evidence.certificate ?? null, pairsOf(evidence.covered ?? new Map())],
    questions,
    ask.context,
    request
      ? [
          request.method,
          request.scheme,
          request.host,
          request.rawPath,
          { ...request.query },
          request.bodyDigest ?? null,
        ]
      : null,
  ]
  return sha256(canonicalText(asked))
}

const pairsOf = (headers: ReadonlyMap<string, readonly string[]>): readonly JsonValue[] =>
  [...headers].map(([name, values]) => [name, [...values]])
