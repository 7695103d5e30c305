import { clauses } from '../../core/clause.ts'
import { isObject, type JsonObject, stringMember } from '../../core/json.ts'
import { type JsonLimits, readJson } from '../../core/read-json.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { type Instant, readRfc3339 } from '../../core/time.ts'

export const instanceDocumentClauses = clauses({
  json: 'aws-instance-document-json',
  members: 'aws-instance-document-members',
})

/** What an instance identity document says of its instance. `pendingAt`: when it was launched, or started again. */
export interface AwsInstance {
  readonly account: string
  readonly region: string
  readonly zone: string
  readonly instance: string
  readonly image: string
  readonly type: string
  readonly pendingAt: Instant
  readonly document: JsonObject
}

const limits: JsonLimits = { length: 8_192, depth: 4, membersPerObject: 64, members: 128, stringLength: 1_024 }

const forms = {
  accountId: /^[0-9]{12}$/,
  region: /^[a-z0-9-]{1,64}$/,
  availabilityZone: /^[a-z0-9-]{1,64}$/,
  instanceId: /^i-[0-9a-f]{8,32}$/,
  imageId: /^ami-[0-9a-f]{8,32}$/,
  instanceType: /^[a-z0-9.-]{1,64}$/,
} as const

/** Reads the content of a document, whose signature nobody has checked yet. */
export function readInstance(content: Buffer): Result<AwsInstance> {
  const text = content.toString('latin1') // AWS's documents are ASCII; what is not is of no form below
  const read = readJson(text, limits, 'CREDENTIAL_MALFORMED')
  if (!read.ok) return refuse('CREDENTIAL_MALFORMED', instanceDocumentClauses.json, 'document must be one JSON object')
  const document = read.value
  if (!isObject(document)) {
    return refuse('CREDENTIAL_MALFORMED', instanceDocumentClauses.json, 'document must be one JSON object')
  }
  const of = (name: keyof typeof forms): string | undefined => {
    const value = stringMember(document, name)
    return value !== undefined && forms[name].test(value) ? value : undefined
  }
  const [account, region, zone] = [of('accountId'), of('region'), of('availabilityZone')]
  const [instance, image, type] = [of('instanceId'), of('imageId'), of('instanceType')]
  const pendingAt = readRfc3339(stringMember(document, 'pendingTime') ?? '')
  if (
    account === undefined ||
    region === undefined ||
    zone === undefined ||
    instance === undefined ||
    image === undefined ||
    type === undefined ||
    pendingAt === undefined
  ) {
    return refuse(
      'CREDENTIAL_MALFORMED',
      instanceDocumentClauses.members,
      'document must name account, region, zone, instance, image, type and pendingTime, each in its form',
    )
  }
  return ok({ account, region, zone, instance, image, type, pendingAt, document })
}
