import { awsIssuers } from '../../core/aws-issuers.ts'
import { clauses } from '../../core/clause.ts'
import { ok, refuse } from '../../core/result.ts'
import { plus, type Seconds, seconds } from '../../core/time.ts'
import type { Introspector, Verifier } from '../../seams.ts'
import { type AwsAccounts, accountFacts } from '../aws/accounts.ts'
import { presignedPrefix, readPresigned } from '../aws/read-presigned.ts'
import { readPrincipal } from '../aws/read-principal.ts'
import { revocableFacts } from '../revocable-token.ts'
import { subjectIdOf } from '../subject-id.ts'

export const awsIamClauses = clauses({ form: 'aws-iam-form', audience: 'aws-iam-audience' })

const { principals: issuer } = awsIssuers

/**
 * Principals of AWS who show themselves by a request that only STS can check.
 *
 * - `endpoints`: origins of STS that such requests may be signed for, and are sent to.
 * - `skew`: how far ahead one may be signed.
 * - `sts`: sends one: asked about the audience and the URL, with a space between them.
 */
export interface AwsIamSettings {
  readonly endpoints: readonly string[]
  readonly accounts: AwsAccounts
  readonly sts: Introspector
  readonly skew: Seconds
}

/**
 * Verifies forwarded `sts:GetCallerIdentity` requests. Which request is sent, and where, is decided here; the caller gives the
 * signature alone. The audience is ours: we set the header that the signature covers, so that one made for others fails.
 */
export function createAwsIamVerifier({ endpoints, accounts, sts, skew }: AwsIamSettings): Verifier {
  return {
    method: 'aws-iam',
    selectors: [{ form: 'key', by: 'prefix', scheme: 'bearer', value: presignedPrefix }],
    async verify(credential, { service }, frame) {
      if (credential.form !== 'key' || credential.scheme !== 'bearer') return notAToken
      const [audience] = service.audiences
      if (audience === undefined || !/^[\x21-\x7e]+$/.test(audience)) return noAudience
      const presigned = readPresigned(credential.text, endpoints, frame.now, skew)
      if (!presigned.ok) return presigned
      const { url, signature, signedAt, until } = presigned.value
      const asked = await sts.introspect(`${audience} ${url}`, frame)
      if (asked.ok !== true) return asked
      const principal = readPrincipal(asked.value.response)
      if (!principal.ok) return principal
      const { account, partition, arn, uniqueId, session } = principal.value
      const facts = accountFacts(account, accounts, 'sts', [
        { name: 'aws_principal', value: arn, source: 'sts' },
        { name: 'aws_unique_id', value: uniqueId, source: 'sts' },
      ])
      if (!facts.ok) return facts
      const subject = { issuer, id: subjectIdOf(issuer, arn) }
      return ok({
        method: 'aws-iam',
        subject,
        claims: {
          account,
          partition,
          arn,
          unique_id: uniqueId,
          access_key_id: signature.accessKeyId,
          ...(session !== undefined && { session }),
        },
        facts: facts.value,
        issuedAt: signedAt,
        expiresAt: until,
        audienceBound: true,
        attested: false,
        attestedAt: asked.value.asOf,
        trustAsOf: asked.value.asOf,
        strength: 2,
        delegation: [],
        once: [
          {
            purpose: 'aws-iam',
            parts: [service.name, signature.accessKeyId, signature.bytes.toString('hex')],
            issuedAt: signedAt,
            until: plus(until, seconds(1)), // past its last acceptable instant
          },
        ],
        revocable: [
          { by: 'subject', ...subject, issuedAt: signedAt },
          { by: 'key-id', issuer, id: signature.accessKeyId },
          ...revocableFacts(facts.value),
        ],
      })
    },
  }
}

const notAToken = refuse('CREDENTIAL_MALFORMED', awsIamClauses.form, 'a pre-signed request comes as Bearer')
const noAudience = refuse(
  'AUDIENCE_REFUSED',
  awsIamClauses.audience,
  'the first audience of the service must be printable ASCII without spaces, as it is sent in a header',
)
