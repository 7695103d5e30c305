import type { JsonObject } from '../../core/json.ts'
import { type ExportedLog, lineFormat, product } from './export-format.ts'
import { objectsAt, seqOf, textAt, textsAt, timeOf } from './stored-line.ts'

/** The version of the Open Cybersecurity Schema Framework that is written. */
const ocsfVersion = '1.5.0'

/** Classes: API Activity for decisions, Application Lifecycle for the process, the base event for what has no class. */
const classes = {
  decision: { category: 6, uid: 6003 },
  lifecycle: { category: 6, uid: 6002 },
  other: { category: 0, uid: 0 },
} as const

/** Activities of API Activity by the name of the action; anything else is 99, Other. */
const activities = new Map([
  ['create', 1],
  ['read', 2],
  ['get', 2],
  ['list', 2],
  ['update', 3],
  ['write', 3],
  ['delete', 4],
])
const otherActivity = 99
const lifecycleActivities = new Map([
  ['start', 3],
  ['stop', 4],
])

/** A record as an OCSF event; a decision has the profile `security_control`. */
export const ocsfFormat = lineFormat('ocsf', (record, log) =>
  JSON.stringify(textAt(record, 'kind') === 'decision' ? decisionEvent(record, log) : otherEvent(record, log)),
)

function decisionEvent(record: JsonObject, log: ExportedLog) {
  const questions = objectsAt(record, 'questions')
  const action = textAt(questions[0], 'action') ?? 'decide'
  const activity = activities.get(action) ?? otherActivity
  const allowed = textAt(record, 'effect') === 'allow'
  const failed = record['error'] === true
  const subject = textAt(record, 'subject', 'id')
  const bundle = textAt(record, 'policy', 'bundle')
  const method = textAt(record, 'request', 'method')
  const host = textAt(record, 'request', 'host')
  const path = textAt(record, 'request', 'path')
  return {
    ...classification(classes.decision, activity),
    ...(activity === otherActivity && { activity_name: action }),
    ...occurrence(record, log, ['security_control']),
    severity_id: failed ? 3 : 1,
    status_id: allowed ? 1 : 2,
    status_code: textAt(record, 'code'),
    status_detail: textAt(record, 'detail'),
    action_id: allowed ? 1 : 2,
    disposition_id: allowed ? 1 : failed ? 27 : 26,
    actor: {
      ...(subject === undefined
        ? { app_name: 'anonymous' }
        : { user: { uid: subject, domain: textAt(record, 'subject', 'issuer') } }),
      ...(bundle !== undefined && {
        authorizations: [
          {
            decision: allowed ? 'Allowed' : 'Denied',
            policy: {
              name: bundle,
              uid: textAt(record, 'policy', 'digest'),
              version: textAt(record, 'policy', 'revision') || undefined,
            },
          },
        ],
      }),
    },
    api: { operation: action, service: { name: textAt(record, 'service') } },
    src_endpoint: { name: textAt(record, 'pep'), uid: textAt(record, 'pep') },
    ...(method !== undefined && { http_request: { http_method: method, url: { hostname: host, path } } }),
    resources: questions.map((question) => ({
      name: textAt(question, 'resource', 'id'),
      type: textAt(question, 'resource', 'type'),
    })),
  }
}

function otherEvent(record: JsonObject, log: ExportedLog) {
  const kind = textAt(record, 'kind') ?? ''
  const activity = lifecycleActivities.get(kind)
  return {
    ...(activity === undefined
      ? { ...classification(classes.other, otherActivity), activity_name: kind }
      : { ...classification(classes.lifecycle, activity), app: { name: product.name, vendor_name: product.vendor } }),
    ...occurrence(record, log, []),
    severity_id: kind === 'gap' ? 4 : 1,
    message: kind,
    unmapped: { facts: record['facts'] ?? {} },
  }
}

const classification = ({ category, uid }: (typeof classes)[keyof typeof classes], activity: number) => ({
  category_uid: category,
  class_uid: uid,
  activity_id: activity,
  type_uid: uid * 100 + activity,
})

const occurrence = (record: JsonObject, { origin }: ExportedLog, profiles: readonly string[]) => ({
  time: timeOf(record),
  metadata: {
    version: ocsfVersion,
    product: { name: product.name, vendor_name: product.vendor },
    uid: textAt(record, 'id'),
    sequence: seqOf(record),
    log_name: origin,
    ...(profiles.length > 0 && { profiles }),
    ...(textsAt(record, 'trunc').length > 0 && { is_truncated: true }),
  },
})
