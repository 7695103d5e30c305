import { type Clause, clauses } from '../../core/clause.ts'
import { sha256 } from '../../core/digest.ts'
import type { OciReference } from '../../core/oci-reference.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import type { FetchRequest } from '../../net/fetch.ts'
import type { Fetched, FetchResult } from '../../net/fetched.ts'
import type { BundleSource } from './bundle-source.ts'
import { connect, readSecret } from './connect.ts'
import { imageManifestType, type Layer, readImageManifest } from './read-image-manifest.ts'
import { answerChallenge } from './registry-tokens.ts'
import type { ServerSettings } from './server-settings.ts'

export const ociSourceClauses = clauses({
  fetched: 'bundle-registry-answered',
  manifest: 'bundle-image-manifest-digest',
  size: 'bundle-image-blob-size',
  digest: 'bundle-image-blob-digest',
  redirect: 'bundle-registry-redirect',
})

/**
 * - `origin`: of the registry. `user`: with the path of its password.
 * - `authOrigin`: where tokens come from beside the registry. `blobOrigins`: where it may send for blobs; those are asked
 *   without credentials.
 */
export interface OciSourceSettings extends ServerSettings {
  readonly origin: string
  readonly image: OciReference
  readonly user?: { readonly name: string; readonly password: string }
  readonly authOrigin?: string
  readonly blobOrigins: readonly string[]
}

const smallDocument = 1_048_576
const redirects = [301, 302, 303, 307, 308]

/**
 * A bundle of an OCI registry (distribution-spec 1.1, pull): the manifest by tag or digest, then its layer. Whatever comes
 * is held to its digest: that of the configuration where it names one, else what the manifest says.
 */
export function createOciSource(settings: OciSourceSettings): BundleSource {
  const { origin, image, user, authOrigin, blobOrigins, maximumBytes, timeout } = settings
  const base = `${origin}/v2/${image.repository}`
  const tokenOrigins = [origin, ...(authOrigin === undefined ? [] : [authOrigin])]
  let known: string | undefined
  let token: string | undefined

  async function basic(): Promise<Result<string | undefined>> {
    if (!user) return ok(undefined)
    const password = await readSecret(user.password)
    if (!password.ok) return password
    return ok(`Basic ${Buffer.from(`${user.name}:${password.value}`).toString('base64')}`)
  }

  /** Asks the registry; where it asks who that is, answers and asks once more. */
  async function request(
    url: string,
    wanted: FetchRequest,
    maximum: number,
    signal: AbortSignal,
  ): Promise<Result<Fetched>> {
    const connection = await connect({ ...settings, maximumBytes: maximum }, tokenOrigins, timeout)
    if (!connection.ok) return connection
    const { fetch } = connection.value
    const statuses = [200, 401, ...(wanted.statuses ?? [])]
    const asked = async (authorization: string | undefined) =>
      fetch(url, {
        ...wanted,
        statuses,
        signal,
        headers: { ...wanted.headers, ...(authorization !== undefined && { authorization }) },
      })
    const first = await asked(connection.value.authorization ?? token)
    if (!first.ok || first.value.status !== 401) return taken(first)
    const password = await basic()
    if (!password.ok) return password
    const answered = await answerChallenge(first.value.headers.get('www-authenticate') ?? '', {
      fetch,
      repository: image.repository,
      origins: tokenOrigins,
      signal,
      ...(password.value !== undefined && { basic: password.value }),
    })
    if (!answered.ok) return answered
    token = answered.value
    const second = await asked(token)
    return second.ok && second.value.status === 401
      ? bad(ociSourceClauses.fetched, `${origin}: answered with status 401`)
      : taken(second)
  }

  const taken = (fetched: FetchResult): Result<Fetched> =>
    fetched.ok ? ok(fetched.value) : bad(ociSourceClauses.fetched, `${origin}: ${fetched.fault.detail}`)

  async function readManifest(signal: AbortSignal): Promise<Result<Layer>> {
    const wanted = { mediaTypes: [imageManifestType] }
    const fetched = await request(`${base}/manifests/${image.reference}`, wanted, smallDocument, signal)
    if (!fetched.ok) return fetched
    const { body, headers } = fetched.value
    const digest = sha256(body)
    const said = headers.get('docker-content-digest')
    if ((image.digest ?? digest) !== digest || (said !== undefined && said !== `sha256:${digest}`))
      return bad(ociSourceClauses.manifest, 'the manifest does not have the digest that it is asked for or sent under')
    return readImageManifest(body, maximumBytes)
  }

  async function readBlob({ digest, size }: Layer, signal: AbortSignal): Promise<Result<Uint8Array>> {
    const url = `${base}/blobs/sha256:${digest}`
    const first = await request(url, { mediaTypes: 'any', statuses: redirects }, maximumBytes, signal)
    if (!first.ok) return first
    const fetched = redirects.includes(first.value.status)
      ? await follow(first.value.headers.get('location') ?? '', url, signal)
      : first
    if (!fetched.ok) return fetched
    const { body } = fetched.value
    if (body.length !== size)
      return bad(ociSourceClauses.size, 'the blob does not have the size that its manifest says')
    return sha256(body) === digest ? ok(body) : bad(ociSourceClauses.digest, 'the blob does not have its digest')
  }

  /** Registries keep blobs elsewhere: one more request, without anything that shows who asks. */
  async function follow(location: string, from: string, signal: AbortSignal): Promise<Result<Fetched>> {
    const target = URL.parse(location, from)
    if (!target || ![origin, ...blobOrigins].includes(target.origin))
      return bad(
        ociSourceClauses.redirect,
        'the registry sends for the blob elsewhere; name that origin in `blob_origins` if it is meant',
      )
    const { ca } = settings
    const connection = await connect(
      { timeout, maximumBytes, ...(ca !== undefined && { ca }) },
      [target.origin],
      timeout,
    )
    if (!connection.ok) return connection
    return taken(await connection.value.fetch(target.href, { mediaTypes: 'any', signal }))
  }

  async function ask(signal: AbortSignal): Promise<Result<Uint8Array | 'unchanged'>> {
    if (known !== undefined && image.digest !== undefined) return ok('unchanged') // it cannot become anything else
    const layer = await readManifest(signal)
    if (!layer.ok) return layer
    if (layer.value.digest === known) return ok('unchanged')
    const blob = await readBlob(layer.value, signal)
    if (blob.ok) known = layer.value.digest
    return blob
  }

  return {
    async ask(_, signal) {
      const answer = await ask(signal)
      if (!answer.ok) known = undefined
      return answer
    },
    forget() {
      known = undefined
    },
    waits: () => false,
  }
}

const bad = (clause: Clause, detail: string): Refusal => refuse('POLICY_UNAVAILABLE', clause, detail)
