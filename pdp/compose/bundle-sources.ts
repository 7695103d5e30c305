import type { Config } from '../config/schema.ts'
import { type Clock, seconds } from '../core/time.ts'
import type { BundleSource } from '../policy/sources/bundle-source.ts'
import { parseOciReference } from '../core/oci-reference.ts'
import { createOciSource } from '../policy/sources/oci-source.ts'
import { createHttpSource } from '../policy/sources/http-source.ts'
import type { ServerSettings } from '../policy/sources/server-settings.ts'

/** The servers that bundles come from: the same one, with what it remembers, for as long as its settings are the same. */
export interface BundleSources {
  /** Undefined where a bundle comes from a file. */
  of(name: string, bundles: Config['bundles']): BundleSource | undefined
}

type Bundle = Config['bundles'][string]
type Http = NonNullable<Bundle['http']>
type Oci = NonNullable<Bundle['oci']>

export function createBundleSources(clock: Clock): BundleSources {
  const made = new Map<string, { readonly settings: string; readonly source: BundleSource }>()
  return {
    of(name, bundles) {
      const { http, oci, rollout } = bundles[name] ?? {}
      const settings = JSON.stringify([http, oci, rollout]) // what was rolled back is asked for anew under other settings
      const before = made.get(name)
      if (before?.settings === settings) return before.source
      const source = sourceOf(bundles[name], clock)
      if (source) made.set(name, { settings, source })
      else made.delete(name)
      return source
    },
  }
}

function sourceOf(bundle: Bundle | undefined, clock: Clock): BundleSource | undefined {
  if (bundle?.http) return createHttpSource(httpSettings(bundle.http), clock)
  return bundle?.oci && createOciSource(ociSettings(bundle.oci))
}

const pathOf = (reference: string): string => reference.slice('file:'.length)

function httpSettings({ url, wait_s, oauth2, ...server }: Http) {
  return {
    url,
    ...serverSettings(server),
    ...(wait_s !== undefined && { wait: seconds(wait_s) }),
    ...(oauth2 && {
      clientCredentials: {
        tokenUrl: oauth2.token_url,
        clientId: oauth2.client_id,
        secret: pathOf(oauth2.client_secret),
        ...(oauth2.scope !== undefined && { scope: oauth2.scope }),
      },
    }),
  }
}

function ociSettings({ image: text, username, password, auth_origin, blob_origins, plain_http, ...server }: Oci) {
  const image = parseOciReference(text)
  if (!image) throw new Error(`${text} is no image`) // the schema holds that this does not happen
  return {
    origin: `${plain_http ? 'http' : 'https'}://${image.registry}`,
    image,
    ...serverSettings(server),
    blobOrigins: blob_origins,
    ...(auth_origin !== undefined && { authOrigin: auth_origin }),
    ...(username !== undefined && password !== undefined && { user: { name: username, password: pathOf(password) } }),
  }
}

type Server = Pick<Http, 'timeout_s' | 'maximum_bytes' | 'ca' | 'client_certificate' | 'bearer'>

function serverSettings({
  timeout_s,
  maximum_bytes,
  ca,
  client_certificate: certificate,
  bearer,
}: Server): ServerSettings {
  return {
    timeout: seconds(timeout_s),
    maximumBytes: maximum_bytes,
    ...(ca !== undefined && { ca: pathOf(ca) }),
    ...(certificate && { certificate: { cert: pathOf(certificate.cert), key: pathOf(certificate.key) } }),
    ...(bearer !== undefined && { bearer: pathOf(bearer) }),
  }
}
