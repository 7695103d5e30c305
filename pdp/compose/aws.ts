import { readFileSync } from 'node:fs'
import type { Config } from '../config/schema.ts'
import { awsIssuers } from '../core/aws-issuers.ts'
import { isObject } from '../core/json.ts'
import { readJson } from '../core/read-json.ts'
import { type Seconds, seconds } from '../core/time.ts'
import type { AwsAccounts } from '../identity/aws/accounts.ts'
import { instancePins } from '../identity/aws/instance-pins.ts'
import { audienceHeader } from '../identity/aws/read-presigned.ts'
import { createAwsIamVerifier } from '../identity/verifiers/aws-iam.ts'
import { createAwsInstanceVerifier } from '../identity/verifiers/aws-instance.ts'
import { createFetch } from '../net/fetch.ts'
import { timerSchedule } from '../net/schedule.ts'
import type { Introspector, Verifier } from '../seams.ts'
import { createAskCallerIdentity } from '../trust/caller-identity.ts'
import { createIntrospector } from '../trust/introspector.ts'
import { readPem } from '../x509/read-pem.ts'
import type { TrustSurroundings } from './trust.ts'

interface Common {
  readonly accounts: AwsAccounts
  readonly skew: Seconds
}

type AwsConfig = NonNullable<Config['aws']>

/** Each token is taken once: an answer that was kept could serve a replay alone. */
const maxCached = seconds(0)
const concurrency = 16

/** Verifiers of what AWS vouches for. Throws, for the operator, certificates that cannot be used. */
export function awsVerifiers(
  { aws, limits }: Config,
  introspectors: ReadonlyMap<string, Introspector>,
): readonly Verifier[] {
  if (!aws) return []
  const accounts: AwsAccounts = new Map(
    Object.entries(aws.accounts).map(([account, { environment }]) => [
      account,
      environment === undefined ? {} : { environment },
    ]),
  )
  const common: Common = { accounts, skew: seconds(limits.proof_skew_s) }
  return [
    ...(aws.iam ? [iamVerifier(aws.iam, common, introspectors.get(awsIssuers.principals))] : []),
    ...(aws.instances ? [instanceVerifier(aws.instances, common)] : []),
  ]
}

function iamVerifier(
  { endpoints }: NonNullable<AwsConfig['iam']>,
  common: Common,
  sts: Introspector | undefined,
): Verifier {
  if (!sts) throw new Error('aws.iam: nothing asks STS')
  return createAwsIamVerifier({ ...common, endpoints, sts })
}

/** What asks STS who signed. */
export function createSts(
  { endpoints, allow_private }: NonNullable<AwsConfig['iam']>,
  { clock }: TrustSurroundings,
): Introspector {
  const fetch = createFetch({
    timeout: seconds(5),
    maximumBytes: 16_384,
    ...(allow_private && { privateOrigins: endpoints }),
  })
  const ask = createAskCallerIdentity({ fetch, audienceHeader })
  return createIntrospector({ ask, clock, schedule: timerSchedule, maxCached, concurrency })
}

function instanceVerifier(
  { regions, max_age_s, certificates }: NonNullable<AwsConfig['instances']>,
  common: Common,
): Verifier {
  try {
    const pins = instancePins(regions, certificates === undefined ? undefined : readCertificates(certificates))
    return createAwsInstanceVerifier({ ...common, pins, maxAge: seconds(max_age_s) })
  } catch (error) {
    throw new Error(`aws.instances: ${error instanceof Error ? error.message : 'cannot be used'}`)
  }
}

const limits = { length: 262_144, depth: 2, membersPerObject: 200, members: 200, stringLength: 16_384 }

/** Certificates in PEM by the names of regions. */
function readCertificates(reference: string): ReadonlyMap<string, Uint8Array> {
  const path = reference.slice('file:'.length)
  const read = readJson(readFileSync(path, 'utf8'), limits, 'TRUST_UNAVAILABLE')
  if (!read.ok || !isObject(read.value))
    throw new Error(`${path} must hold one JSON object, of regions and certificates`)
  return new Map(
    Object.entries(read.value).map(([region, pem]) => {
      const der = typeof pem === 'string' ? readPem(pem, 1) : undefined
      if (!der?.ok) {
        throw new Error(`${path}: region \`${region}\` must have one certificate in PEM`)
      }
      return [region, der.value[0]]
    }),
  )
}
