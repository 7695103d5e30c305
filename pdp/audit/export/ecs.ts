import type { JsonObject } from '../../core/json.ts'
import { type ExportedLog, lineFormat, product } from './export-format.ts'
import { objectsAt, seqOf, textAt } from './stored-line.ts'

/** The version of the Elastic Common Schema whose fields these are. */
const ecsVersion = '8.17.0'

/** Category and types of each kind of record, from the allowed values of `event.category` and `event.type`. */
const eventOf = new Map<string, { readonly category: readonly string[]; readonly type: readonly string[] }>([
  ['start', { category: ['process'], type: ['start'] }],
  ['stop', { category: ['process'], type: ['end'] }],
  ['config', { category: ['configuration'], type: ['change'] }],
  ['bundle', { category: ['configuration'], type: ['change'] }],
  ['key', { category: ['configuration'], type: ['change'] }],
  ['revocation', { category: ['iam'], type: ['change'] }],
  ['admin', { category: ['iam'], type: ['admin'] }],
])
const anyOther = { category: ['api'], type: ['info'] } as const

/** A record in the Elastic Common Schema; what has no field there stands in `labels`. */
export const ecsFormat = lineFormat('ecs', (record, log) => JSON.stringify(ecsDocument(record, log)))

function ecsDocument(record: JsonObject, { origin }: ExportedLog) {
  const kind = textAt(record, 'kind') ?? ''
  const allowed = textAt(record, 'effect') === 'allow'
  const decision = kind === 'decision'
  const { category, type } = eventOf.get(kind) ?? anyOther
  const failed = record['error'] === true
  return {
    '@timestamp': textAt(record, 'ts'),
    ecs: { version: ecsVersion },
    message: decision ? `${textAt(record, 'code')}: ${textAt(record, 'detail')}` : kind,
    event: {
      kind: 'event',
      category: decision ? ['api'] : category,
      type: decision ? ['access', allowed ? 'allowed' : 'denied'] : type,
      ...(decision && { outcome: failed ? 'unknown' : allowed ? 'success' : 'failure' }),
      action: decision ? (textAt(objectsAt(record, 'questions')[0], 'action') ?? 'decide') : kind,
      id: textAt(record, 'id'),
      sequence: seqOf(record),
      provider: product.name,
      dataset: `${product.name}.${kind}`,
      code: textAt(record, 'code'),
      reason: textAt(record, 'detail'),
    },
    service: { name: product.name },
    user: decisionOnly(textAt(record, 'subject', 'id'), (id) => ({ id, domain: textAt(record, 'subject', 'issuer') })),
    http: decisionOnly(textAt(record, 'request', 'method'), (method) => ({ request: { method } })),
    url: decisionOnly(textAt(record, 'request', 'path'), (path) => ({
      domain: textAt(record, 'request', 'host'),
      path,
    })),
    rule: decisionOnly(textAt(record, 'policy', 'bundle'), (ruleset) => ({
      id: textAt(record, 'clause'),
      ruleset,
      version: textAt(record, 'policy', 'revision') || undefined,
    })),
    labels: {
      log: origin,
      service: textAt(record, 'service'),
      pep: textAt(record, 'pep'),
      door: textAt(record, 'door'),
      ...(!decision && { facts: JSON.stringify(record['facts'] ?? {}) }),
    },
  }
}

const decisionOnly = <T>(text: string | undefined, make: (text: string) => T): T | undefined =>
  text === undefined ? undefined : make(text)
