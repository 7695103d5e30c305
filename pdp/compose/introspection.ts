import { readFile } from 'node:fs/promises'
import type { Config } from '../config/schema.ts'
import { awsIssuers } from '../core/aws-issuers.ts'
import { seconds } from '../core/time.ts'
import { createFetch, type Fetch } from '../net/fetch.ts'
import { timerSchedule } from '../net/schedule.ts'
import type { Introspector } from '../seams.ts'
import {
  type ClientAuthentication,
  createBasicAuthentication,
  createKeyAuthentication,
} from '../net/client-authentication.ts'
import { createAskEndpoint } from '../trust/introspection-endpoint.ts'
import { createIntrospector } from '../trust/introspector.ts'
import { createAskTokenReview } from '../trust/token-review.ts'
import { createSts } from './aws.ts'
import { traceFetch } from './trace-decisions.ts'
import type { IssuerAnchor, TrustSurroundings } from './trust.ts'

/** What asks issuers about opaque tokens, by issuer. */
export type Introspectors = ReadonlyMap<string, Introspector>

type Settings = NonNullable<IssuerAnchor['introspection']>

const timeout = seconds(5)

/**
 * Makes what asks each issuer with `introspection`, each cluster with `review`, and STS. Throws, for the operator, a secret that
 * cannot be used.
 */
export async function loadIntrospectors(config: Config, surroundings: TrustSurroundings): Promise<Introspectors> {
  const { trust, aws } = config
  const introspectors = new Map<string, Introspector>()
  if (aws?.iam) introspectors.set(awsIssuers.principals, createSts(aws.iam, surroundings))
  for (const anchor of trust) {
    if (!('issuer' in anchor)) continue
    if (anchor.review)
      introspectors.set(anchor.issuer, await createReviewer(anchor, anchor.review, config, surroundings))
    if (!anchor.introspection) continue
    const { endpoint, max_cached_s, concurrency } = anchor.introspection
    const authentication = await authenticationOf(anchor, anchor.introspection, surroundings)
    const fetch = traced(
      createFetch({
        timeout,
        maximumBytes: 65_536,
        ...(anchor.allow_private && { privateOrigins: [new URL(endpoint).origin] }),
      }),
      surroundings,
    )
    const introspector = createIntrospector({
      ask: createAskEndpoint({ endpoint, authentication, fetch }),
      clock: surroundings.clock,
      schedule: timerSchedule,
      maxCached: seconds(max_cached_s),
      concurrency,
    })
    introspectors.set(anchor.issuer, introspector)
  }
  return introspectors
}

const traced = (fetch: Fetch, { tracing }: TrustSurroundings): Fetch =>
  tracing ? traceFetch(fetch, tracing.traces) : fetch

/** What asks a cluster about its tokens, each with the audiences of all services: a service looks for its own. */
async function createReviewer(
  { issuer, allow_private }: IssuerAnchor,
  { server, ca, token, check_pod, max_cached_s, concurrency }: NonNullable<IssuerAnchor['review']>,
  { services }: Config,
  surroundings: TrustSurroundings,
): Promise<Introspector> {
  const fetch = traced(
    createFetch({
      timeout,
      ca: await readSecretFile(ca, `trust: ${issuer}: review.ca`),
      ...(allow_private && { privateOrigins: [server] }),
    }),
    surroundings,
  )
  const tokenFile = token.slice('file:'.length)
  const audiences = [...new Set(Object.values(services).flatMap((service) => service.audiences))]
  return createIntrospector({
    ask: createAskTokenReview({ server, tokenFile, audiences, checkPod: check_pod, fetch }),
    clock: surroundings.clock,
    schedule: timerSchedule,
    maxCached: seconds(max_cached_s),
    concurrency,
  })
}

async function authenticationOf(
  { issuer }: IssuerAnchor,
  { client_id, client_secret, client_key, client_key_id }: Settings,
  { clock, random }: TrustSurroundings,
): Promise<ClientAuthentication> {
  const reference = client_secret ?? client_key
  const at = `trust: ${issuer}: introspection.${client_secret === undefined ? 'client_key' : 'client_secret'}`
  if (reference === undefined) throw new Error(`${at}: must be there`) // the schema holds that this does not happen
  const text = await readSecretFile(reference, at)
  if (client_secret !== undefined) return createBasicAuthentication(client_id, text)
  const options = { clientId: client_id, audience: issuer, key: text, clock, random }
  try {
    return createKeyAuthentication({ ...options, ...(client_key_id !== undefined && { keyId: client_key_id }) })
  } catch (error) {
    throw new Error(`${at}: ${error instanceof Error ? error.message : 'cannot be used'}`)
  }
}

/** The text of a file, without the line end that editors leave. */
async function readSecretFile(reference: string, at: string): Promise<string> {
  const path = reference.slice('file:'.length)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
    throw new Error(`${at}: ${path} cannot be read (${code})`)
  })
  const secret = text.replace(/\r?\n$/, '')
  if (secret === '') throw new Error(`${at}: ${path} is empty`)
  return secret
}
