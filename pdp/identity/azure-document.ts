import { clauses } from '../core/clause.ts'
import { isObject, type JsonObject, member, stringMember } from '../core/json.ts'
import { type JsonLimits, readJson } from '../core/read-json.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { fromRfc3339, type Instant } from '../core/time.ts'

export const azureDocumentClauses = clauses({
  content: 'azure-attested-content',
  times: 'azure-attested-times',
})

const limits: JsonLimits = { length: 16_384, depth: 8, membersPerObject: 64, members: 256, stringLength: 4_096 }
const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What was signed, read from there alone. */
export interface AzureDocument {
  readonly members: JsonObject
  readonly nonce: string
  readonly subscription: string
  readonly vm: string
  readonly createdOn: Instant
  readonly expiresOn: Instant
}

/**
 * Reads what Azure signed about a machine (Azure Instance Metadata Service, "Attested data"). Ids come out in lower case.
 * Errors: CREDENTIAL_MALFORMED.
 */
export function readAzureDocument(content: Buffer): Result<AzureDocument> {
  const malformed = refuse(
    'CREDENTIAL_MALFORMED',
    azureDocumentClauses.content,
    'document must be a JSON object with nonce, subscriptionId, vmId and timeStamp',
  )
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
  } catch {
    return malformed
  }
  const read = readJson(text, limits, 'CREDENTIAL_MALFORMED')
  if (!read.ok) return read
  if (!isObject(read.value)) return malformed
  const members = read.value
  const stamp = member(members, 'timeStamp')
  const nonce = stringMember(members, 'nonce')
  const subscription = stringMember(members, 'subscriptionId')?.toLowerCase() ?? ''
  const vm = stringMember(members, 'vmId')?.toLowerCase() ?? ''
  if (nonce === undefined || !guid.test(subscription) || !guid.test(vm) || !isObject(stamp)) return malformed
  const createdOn = readTime(stringMember(stamp, 'createdOn'))
  const expiresOn = readTime(stringMember(stamp, 'expiresOn'))
  if (createdOn === undefined || expiresOn === undefined || expiresOn <= createdOn) {
    return refuse(
      'CREDENTIAL_MALFORMED',
      azureDocumentClauses.times,
      'timeStamp must hold createdOn and a later expiresOn',
    )
  }
  return ok({ members, nonce, subscription, vm, createdOn, expiresOn })
}

/** `11/28/18 00:16:17 -0000`, as Azure writes times: month first, two digits of the year, always UTC. */
function readTime(text = ''): Instant | undefined {
  const found = /^(\d\d)\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d) -0000$/.exec(text)
  if (!found) return undefined
  const [, month, day, year, time] = found
  try {
    return fromRfc3339(`20${year}-${month}-${day}T${time}.000Z`)
  } catch {
    return undefined // no such day
  }
}
