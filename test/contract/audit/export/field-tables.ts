// Excerpts of published schemas: the fields that exports use, with what the schema says of them.

/** `text`, `number`, `texts`; objects list what they may have, `!` after a name marks what they must have. */
export type Field = 'text' | 'number' | 'boolean' | 'texts' | 'any' | readonly number[] | Fields | readonly [Fields]
export interface Fields {
  readonly [name: string]: Field
}

const product: Fields = { 'name!': 'text', 'vendor_name!': 'text', version: 'text', uid: 'text' }
const metadata: Fields = {
  'version!': 'text',
  'product!': product,
  uid: 'text',
  sequence: 'number',
  log_name: 'text',
  profiles: 'texts',
  is_truncated: 'boolean',
}
const baseEvent: Fields = {
  'category_uid!': 'number',
  'class_uid!': 'number',
  'activity_id!': 'number',
  'type_uid!': 'number',
  'time!': 'number',
  'severity_id!': [0, 1, 2, 3, 4, 5, 6, 99],
  'metadata!': metadata,
  activity_name: 'text',
  message: 'text',
  status_id: [0, 1, 2, 99],
  status_code: 'text',
  status_detail: 'text',
  unmapped: 'any',
}

/** OCSF 1.5: classes by `class_uid`, their activities, and their attributes with those of `security_control`. */
export const ocsfClasses: Readonly<
  Record<number, { readonly activities: readonly number[]; readonly fields: Fields }>
> = {
  0: { activities: [0, 99], fields: baseEvent },
  6002: { activities: [0, 1, 2, 3, 4, 5, 6, 7, 8, 99], fields: { ...baseEvent, 'app!': product } },
  6003: {
    activities: [0, 1, 2, 3, 4, 99],
    fields: {
      ...baseEvent,
      action_id: [0, 1, 2],
      disposition_id: [1, 2, 26, 27],
      'actor!': {
        user: { uid: 'text', domain: 'text', name: 'text' },
        app_name: 'text',
        authorizations: [{ decision: 'text', policy: { name: 'text', uid: 'text', version: 'text' } }],
      },
      'api!': { 'operation!': 'text', service: { name: 'text', uid: 'text', version: 'text' } },
      'src_endpoint!': { name: 'text', uid: 'text', ip: 'text', hostname: 'text' },
      http_request: { http_method: 'text', url: { hostname: 'text', path: 'text' } },
      resources: [{ name: 'text', type: 'text', uid: 'text' }],
    },
  },
}

/** Elastic Common Schema 8.17: fields by name. */
export const ecsFields: Fields = {
  '@timestamp!': 'text',
  'ecs!': { 'version!': 'text' },
  message: 'text',
  event: {
    kind: 'text',
    category: 'texts',
    type: 'texts',
    outcome: 'text',
    action: 'text',
    id: 'text',
    sequence: 'number',
    provider: 'text',
    dataset: 'text',
    code: 'text',
    reason: 'text',
  },
  service: { name: 'text' },
  user: { id: 'text', domain: 'text' },
  http: { request: { method: 'text' } },
  url: { domain: 'text', path: 'text' },
  rule: { id: 'text', ruleset: 'text', version: 'text' },
  labels: { log: 'text', service: 'text', pep: 'text', door: 'text', facts: 'text' },
}

/** Elastic Common Schema: the types that go with each category. */
export const ecsTypes: Readonly<Record<string, readonly string[]>> = {
  api: ['access', 'admin', 'allowed', 'change', 'creation', 'deletion', 'denied', 'end', 'info', 'start', 'user'],
  configuration: ['access', 'change', 'creation', 'deletion', 'info'],
  iam: ['admin', 'change', 'creation', 'deletion', 'group', 'info', 'user'],
  process: ['access', 'change', 'end', 'info', 'start'],
}

/** What a value has that its fields do not, or lacks; empty where it is as they say. */
export function faultsOf(value: unknown, field: Field, at = ''): readonly string[] {
  if (field === 'any') return []
  if (field === 'texts')
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? [] : [`${at}: no texts`]
  if (field === 'text') return typeof value === 'string' && value !== '' ? [] : [`${at}: no text`]
  if (field === 'number') return Number.isSafeInteger(value) ? [] : [`${at}: no number`]
  if (field === 'boolean') return typeof value === 'boolean' ? [] : [`${at}: no boolean`]
  if (Array.isArray(field)) {
    const [item] = field as readonly unknown[]
    if (typeof item === 'number') return field.includes(value as never) ? [] : [`${at}: not one of ${field.join(', ')}`]
    if (!Array.isArray(value)) return [`${at}: no list`]
    return value.flatMap((each, i) => faultsOf(each, item as Fields, `${at}[${i}]`))
  }
  if (typeof value !== 'object' || value === null) return [`${at}: no object`]
  const fields = field as Fields
  const present = Object.keys(value)
  return [
    ...present.flatMap((name) => {
      const wanted = fields[name] ?? fields[`${name}!`]
      const inner: unknown = (value as Record<string, unknown>)[name]
      return wanted === undefined ? [`${at}.${name}: is not in the schema`] : faultsOf(inner, wanted, `${at}.${name}`)
    }),
    ...Object.keys(fields)
      .filter((name) => name.endsWith('!') && !present.includes(name.slice(0, -1)))
      .map((name) => `${at}.${name.slice(0, -1)}: is missing`),
  ]
}
