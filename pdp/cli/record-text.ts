import { objectsAt, seqOf, textAt } from '../audit/export/stored-line.ts'
import type { JsonObject } from '../core/json.ts'

/**
 * One line about a record, for people: number, time, what, who, what was asked. Values of callers keep no control
 * characters and nothing that turns the direction of writing, so that none acts on the terminal or hides another.
 */
export function recordText(record: JsonObject): string {
  const head = [String(seqOf(record)).padStart(8), textAt(record, 'ts') ?? '-']
  if (textAt(record, 'kind') !== 'decision')
    return plainText([...head, textAt(record, 'kind') ?? '-', JSON.stringify(record['facts'] ?? {})].join('  '))
  const asked = objectsAt(record, 'questions').map((question) => {
    const resource = [textAt(question, 'resource', 'type'), textAt(question, 'resource', 'id')]
    return [textAt(question, 'action') ?? '-', resource.filter((part) => part !== undefined).join('/') || '-'].join(' ')
  })
  const code = textAt(record, 'code') ?? '-'
  const parts = [
    ...head,
    (textAt(record, 'effect') ?? '-').padEnd(5),
    code.padEnd(16),
    textAt(record, 'service') ?? '-',
    textAt(record, 'subject', 'id') ?? '-',
    asked.join(', '),
    textAt(record, 'id') ?? '-',
  ]
  return plainText(parts.join('  '))
}

/** A text without what could act on a terminal. */
export const plainText = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd')
