/** Where a proxy says what the request was that it asks about. */
interface Convention {
  /** Header names in lower case; absent: the request to the decision point is itself of that method, path or host. */
  readonly method?: string
  readonly uri?: string
  readonly host?: string
  readonly scheme?: string
}

/**
 * One per kind of proxy, and one per listener: a fallback from one header to another would let clients choose which of
 * them counts.
 *
 * - `envoy`: ext_authz with `http_service`, which asks with the request's own method and path.
 * - `nginx`: `auth_request`, with the headers that its documentation sets by convention.
 * - `traefik`: ForwardAuth. `caddy`: `forward_auth`.
 */
export const conventions = {
  envoy: {},
  nginx: { method: 'x-original-method', uri: 'x-original-uri' },
  traefik: {
    method: 'x-forwarded-method',
    uri: 'x-forwarded-uri',
    host: 'x-forwarded-host',
    scheme: 'x-forwarded-proto',
  },
  caddy: {
    method: 'x-forwarded-method',
    uri: 'x-forwarded-uri',
    host: 'x-forwarded-host',
    scheme: 'x-forwarded-proto',
  },
} as const satisfies Readonly<Record<string, Convention>>

export type ConventionName = keyof typeof conventions

export const conventionOf = (name: ConventionName): Convention => conventions[name]
