import { readFileSync } from 'node:fs'
import { seconds } from '../../core/time.ts'
import { createFetch, type Fetch } from '../../net/fetch.ts'
import type { WitnessPolicy } from './witness-policy.ts'

const timeout = seconds(10)
const maximumBytes = 16_384

/** The client for the witnesses of a policy, which the operator named: they may be at private addresses. `ca`: a file. */
export function witnessFetch({ witnesses }: WitnessPolicy, ca?: string): Fetch {
  return createFetch({
    privateOrigins: witnesses.flatMap(({ url }) => (url === undefined ? [] : [new URL(url).origin])),
    timeout,
    maximumBytes,
    ...(ca !== undefined && { ca: readFileSync(ca, 'utf8') }),
  })
}
