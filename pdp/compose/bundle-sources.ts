import type { Config } from '../config/schema.ts'
import { type Clock, seconds } from '../core/time.ts'
import type { BundleSource } from '../policy/sources/bundle-source.ts'
import { createHttpSource } from '../policy/sources/http-source.ts'
import type { ServerSettings } from '../policy/sources/server-settings.ts'

/** The servers that bundles come from: the same one, with what it remembers, for as long as its settings are the same. */
export interface BundleSources {
  /** Undefined where a bundle comes from a file. */
  of(name: string, bundles: Config['bundles']): BundleSource | undefined
}

type Bundle = Config['bundles'][string]
type Http = NonNullable<Bundle['http']>

export function createBundleSources(clock: Clock): BundleSources {
  const made = new Map<string, { readonly settings: string; readonly source: BundleSource }>()
  return {
    of(name, bundles) {
      const { http, rollout } = bundles[name] ?? {}
      const settings = JSON.stringify([http, rollout]) // what was rolled back is asked for anew under other settings
      const before = made.get(name)
      if (before?.settings === settings) return before.source
      const source = sourceOf(bundles[name], clock)
      if (source) made.set(name, { settings, source })
      else made.delete(name)
      return source
    },
  }
}

const sourceOf = (bundle: Bundle | undefined, clock: Clock): BundleSource | undefined =>
  bundle?.http && createHttpSource(httpSettings(bundle.http), clock)

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

function serverSettings({
  timeout_s,
  maximum_bytes,
  ca,
  client_certificate: certificate,
  bearer,
}: Omit<Http, 'url' | 'wait_s' | 'oauth2'>): ServerSettings {
  return {
    timeout: seconds(timeout_s),
    maximumBytes: maximum_bytes,
    ...(ca !== undefined && { ca: pathOf(ca) }),
    ...(certificate && { certificate: { cert: pathOf(certificate.cert), key: pathOf(certificate.key) } }),
    ...(bearer !== undefined && { bearer: pathOf(bearer) }),
  }
}
