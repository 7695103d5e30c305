import type { Config } from '../config/schema.ts'
import { seconds } from '../core/time.ts'
import type { AwsAccounts } from '../identity/aws/accounts.ts'
import { audienceHeader } from '../identity/aws/read-presigned.ts'
import { createAwsIamVerifier } from '../identity/verifiers/aws-iam.ts'
import { createFetch } from '../net/fetch.ts'
import { timerSchedule } from '../net/schedule.ts'
import type { Verifier } from '../seams.ts'
import { createAskCallerIdentity } from '../trust/caller-identity.ts'
import { createIntrospector } from '../trust/introspector.ts'
import type { TrustSurroundings } from './trust.ts'

/** Each token is taken once: an answer that was kept could serve a replay alone. */
const maxCached = seconds(0)
const concurrency = 16

/** Verifiers of what AWS vouches for. */
export function awsVerifiers({ aws }: Config, { clock }: TrustSurroundings): readonly Verifier[] {
  if (!aws) return []
  const { endpoints, allow_private } = aws.iam
  const fetch = createFetch({
    timeout: seconds(5),
    maximumBytes: 16_384,
    ...(allow_private && { privateOrigins: endpoints }),
  })
  const sts = createIntrospector({
    ask: createAskCallerIdentity({ fetch, audienceHeader }),
    clock,
    schedule: timerSchedule,
    maxCached,
    concurrency,
  })
  return [createAwsIamVerifier({ endpoints, accounts: accountsOf(aws), sts })]
}

const accountsOf = ({ accounts }: NonNullable<Config['aws']>): AwsAccounts =>
  new Map(
    Object.entries(accounts).map(([account, { environment }]) => [
      account,
      environment === undefined ? {} : { environment },
    ]),
  )
