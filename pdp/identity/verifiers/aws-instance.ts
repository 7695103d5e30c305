import { awsIssuers } from '../../core/aws-issuers.ts'
import { clauses } from '../../core/clause.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { type Instant, plus, type Seconds, seconds } from '../../core/time.ts'
import type { Verifier } from '../../seams.ts'
import { readSignedData } from '../../x509/read-signed-data.ts'
import { verifySignature } from '../../x509/verify-signature.ts'
import { type AwsAccounts, accountFacts } from '../aws/accounts.ts'
import type { InstancePins } from '../aws/instance-pins.ts'
import { type AwsInstance, readInstance } from '../aws/read-instance.ts'
import { revocableFacts } from '../revocable-token.ts'
import { subjectIdOf } from '../subject-id.ts'

export const awsInstanceClauses = clauses({
  form: 'aws-instance-form',
  encoding: 'aws-instance-base64',
  region: 'aws-instance-region',
  signature: 'aws-instance-signature',
  early: 'aws-instance-pending-time-not-ahead',
  age: 'aws-instance-pending-time-age',
})

const { instances: issuer } = awsIssuers

/**
 * Instances by their identity documents.
 *
 * - `pins`: the keys of the regions that are taken. `accounts`: whose instances.
 * - `maxAge`: how long after its start an instance may show its document, once. `skew`: how far ahead it may have been.
 */
export interface AwsInstanceSettings {
  readonly pins: InstancePins
  readonly accounts: AwsAccounts
  readonly maxAge: Seconds
  readonly skew: Seconds
}

const maximumLength = 12_288

/**
 * Verifies instance identity documents of EC2. A document never ends, names no audience, and every process on its instance can
 * read it: so it is taken once for each instance, soon after its start, and is evidence about the machine, not about who asks.
 */
export function createAwsInstanceVerifier({ pins, accounts, maxAge, skew }: AwsInstanceSettings): Verifier {
  return {
    method: 'aws-instance',
    selectors: [{ form: 'document', by: 'platform', value: 'aws-instance' }],
    async verify(credential, _, { now }) {
      if (credential.form !== 'document' || credential.scheme !== 'aws-instance') return notADocument
      const proved = prove(credential.text, pins)
      if (!proved.ok) return proved
      const { account, region, zone, instance, image, type, pendingAt, document } = proved.value
      const until = endOf(pendingAt, now, { maxAge, skew })
      if (!until.ok) return until
      const facts = accountFacts(account, accounts, 'document', [
        { name: 'aws_region', value: region, source: 'document' },
        { name: 'aws_availability_zone', value: zone, source: 'document' },
        { name: 'aws_instance', value: instance, source: 'document' },
        { name: 'aws_image', value: image, source: 'document' },
        { name: 'aws_instance_type', value: type, source: 'document' },
      ])
      if (!facts.ok) return facts
      const subject = { issuer, id: subjectIdOf(issuer, `${account}/${region}/${instance}`) }
      return ok({
        method: 'aws-instance',
        subject,
        claims: document,
        facts: facts.value,
        issuedAt: pendingAt,
        expiresAt: until.value,
        audienceBound: false,
        attested: true,
        attestedAt: pendingAt,
        strength: 1,
        delegation: [],
        once: [
          {
            purpose: 'aws-instance',
            parts: [account, region, instance], // at one service alone, whichever it shows it to first
            issuedAt: pendingAt,
            until: plus(until.value, seconds(1)), // past its last acceptable instant
          },
        ],
        revocable: [{ by: 'subject', ...subject, issuedAt: pendingAt }, ...revocableFacts(facts.value)],
      })
    },
  }
}

const notADocument = refuse('CREDENTIAL_MALFORMED', awsInstanceClauses.form, 'an instance identity document is needed')

/** The instance, of the content that was signed and of nothing else. Certificates in the document are not looked at. */
function prove(text: string, pins: InstancePins): Result<AwsInstance> {
  const der = text.length > maximumLength ? undefined : Buffer.from(text, 'base64')
  if (!der || text === '' || der.toString('base64') !== text) {
    return refuse(
      'CREDENTIAL_MALFORMED',
      awsInstanceClauses.encoding,
      'document must be PKCS #7 in base64, in one line',
    )
  }
  const signed = readSignedData(der)
  if (!signed.ok) return signed
  const instance = readInstance(signed.value.content)
  if (!instance.ok) return instance
  const pin = pins.get(instance.value.region)
  if (!pin) return refuse('CREDENTIAL_REFUSED', awsInstanceClauses.region, 'region is not configured')
  return verifySignature(signed.value.signature, pin)
    ? refuse('SIGNATURE_INVALID', awsInstanceClauses.signature, 'document is not signed by the key of its region')
    : instance
}

/** Until when it may be shown; refused where that has passed, or not begun. */
function endOf(
  pendingAt: Instant,
  now: Instant,
  { maxAge, skew }: Pick<AwsInstanceSettings, 'maxAge' | 'skew'>,
): Result<Instant> {
  if (pendingAt > plus(now, skew)) {
    return refuse('NOT_YET_VALID', awsInstanceClauses.early, 'pendingTime is in the future')
  }
  const until = plus(pendingAt, maxAge)
  return now < until
    ? ok(until)
    : refuse('EXPIRED', awsInstanceClauses.age, `instance was started more than ${maxAge} s ago`)
}
