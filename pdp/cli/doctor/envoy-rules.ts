import { isArray, isObject, type JsonValue } from '../../core/json.ts'
import { identityHeaders } from '../../doors/identity-headers.ts'
import { below, type EnvoyPlaces, isOfType, type Manager, objectsOf, type Place } from './envoy-places.ts'

/** One way past the decision point. `find` answers the paths where it is open. */
export interface EnvoyRule {
  readonly name: string
  readonly say: string
  readonly find: (places: EnvoyPlaces) => readonly string[]
}

type Anywhere = Place<JsonValue | undefined>

const pathsOf = (places: readonly Anywhere[]): readonly string[] => places.map(({ path }) => path)

/** A member of each ext_authz filter, where its value is one that lets requests past. */
const inFilter =
  (steps: readonly string[], isOpen: (value: JsonValue | undefined) => boolean): EnvoyRule['find'] =>
  ({ asking }) =>
    pathsOf(asking.map((filter) => below(filter, ...steps)).filter(({ value }) => isOpen(value)))

/** The same of each connection manager that asks. */
const inManager =
  (steps: readonly string[], isOpen: (value: JsonValue | undefined) => boolean): EnvoyRule['find'] =>
  ({ managers }) =>
    pathsOf(
      managers
        .filter(({ asking }) => asking.length > 0)
        .map((manager) => below(manager, ...steps))
        .filter(({ value }) => isOpen(value)),
    )

const isTrue = (value: JsonValue | undefined) => value === true
const isNotTrue = (value: JsonValue | undefined) => value !== true
const isThere = (value: JsonValue | undefined) => value !== undefined

const serviceOf = (filter: Anywhere): Anywhere =>
  [below(filter, 'grpc_service'), below(filter, 'http_service', 'server_uri')].find(({ value }) => isThere(value)) ??
  below(filter, 'grpc_service')

const deadlineMs = 1_000
function timeoutTooShort(value: JsonValue | undefined): boolean {
  const seconds = typeof value === 'string' ? Number(/^([0-9.]+)s$/.exec(value)?.[1] ?? Number.NaN) : 0.2
  return !(seconds * 1_000 > deadlineMs)
}

const changing = ['Lua', 'HeaderMutation', 'ExternalProcessor', 'Wasm', 'JsonToMetadata', 'Golang', 'SetFilterState']

/** Filters between the question and the router that may make another request of it. */
function afterAsking({ filters, asking }: Manager): readonly Anywhere[] {
  const last = filters.findLastIndex((filter) => asking.some(({ path }) => path.startsWith(`${filter.path}.`)))
  return last < 0
    ? []
    : filters.slice(last + 1).filter((filter) => {
        const { value, path } = below(filter, 'typed_config')
        return isObject(value) && changing.some((type) => isOfType({ value, path }, type))
      })
}

/** Whether the manager drops all identity headers of clients before it asks. */
function strips({ filters, asking, value }: Manager): boolean {
  const first = filters.findIndex((filter) => asking.some(({ path }) => path.startsWith(`${filter.path}.`)))
  const before = JSON.stringify(filters.slice(0, first).map((filter) => filter.value))
  const mutations = JSON.stringify(value['early_header_mutation_extensions'] ?? [])
  return identityHeaders.every((name) => `${before}${mutations}`.toLowerCase().includes(`"remove":"${name}"`))
}

/** The cluster that a filter asks. */
function clusterOf(filter: Anywhere, { clusters }: EnvoyPlaces): Anywhere | undefined {
  const names = [
    below(filter, 'grpc_service', 'envoy_grpc', 'cluster_name').value,
    below(filter, 'http_service', 'server_uri', 'cluster').value,
  ]
  return clusters.find(({ value }) => names.includes(value['name'] ?? null))
}

function leavesMachine(cluster: Anywhere): boolean {
  const addresses = [...JSON.stringify(cluster.value ?? null).matchAll(/"address":"([^"]+)"/g)].map(([, host]) => host)
  return addresses.some((host) => host !== '127.0.0.1' && host !== '::1')
}

const evidence = ['authorization', 'dpop']
/** A list of headers that leaves evidence out. */
const leavesOutEvidence = (value: JsonValue | undefined): boolean =>
  isThere(value) &&
  !/"(?:safe_regex|prefix)"/.test(JSON.stringify(value)) &&
  !evidence.every((name) => matches(value, name))
const matches = (value: JsonValue | undefined, name: string): boolean =>
  JSON.stringify(value ?? null)
    .toLowerCase()
    .includes(`"${name}"`)

/** Every rule. A file in which none finds anything may still be wrong; one in which some do is open or may be. */
export const envoyRules: readonly EnvoyRule[] = [
  {
    name: 'not-asked',
    say: 'no ext_authz filter: everything that arrives here passes',
    find: ({ managers }) => pathsOf(managers.filter(({ asking }) => asking.length === 0)),
  },
  {
    name: 'failure-mode-allow',
    say: 'an error of the check lets the request pass, and clients can bring one about by load: set it to false',
    find: inFilter(['failure_mode_allow'], isTrue),
  },
  {
    name: 'filter-disabled',
    say: 'the filter is off unless a route turns it on',
    find: ({ managers }) =>
      pathsOf(
        managers.flatMap(({ filters, asking }) =>
          filters
            .filter(({ path }) => asking.some((each) => each.path.startsWith(`${path}.`)))
            .map((filter) => below(filter, 'disabled'))
            .filter(({ value }) => value === true),
        ),
      ),
  },
  {
    name: 'filter-enabled-in-part',
    say: 'only some requests are asked about: leave it out, or set deny_at_disable',
    find: ({ asking }) =>
      pathsOf(
        asking
          .filter((filter) => !isThere(below(filter, 'deny_at_disable').value))
          .flatMap((filter) => [below(filter, 'filter_enabled'), below(filter, 'filter_enabled_metadata')])
          .filter(({ value }) => isThere(value)),
      ),
  },
  {
    name: 'route-disabled',
    say: 'requests of this route pass without being asked about',
    find: ({ all }) =>
      pathsOf(
        all
          .filter((each) => isOfType(each, 'ExtAuthzPerRoute'))
          .map((each) => below(each, 'disabled'))
          .filter(({ value }) => value === true),
      ),
  },
  {
    name: 'status-on-error',
    say: 'an error of the check is answered with a success: use 403 or 503',
    find: inFilter(['status_on_error', 'code'], (code) =>
      /^(?:2|"OK"|"Accepted"|"NoContent")/.test(JSON.stringify(code ?? null)),
    ),
  },
  {
    name: 'timeout',
    say: 'not longer than the decision point’s own deadline (limits.deadline_ms, 1 s): its denial would come too late; use 2s',
    find: ({ asking }) =>
      pathsOf(
        asking.map((filter) => below(serviceOf(filter), 'timeout')).filter(({ value }) => timeoutTooShort(value)),
      ),
  },
  {
    name: 'forwarded-certificate',
    say: 'a client’s own X-Forwarded-Client-Cert goes through: use SANITIZE, or name the proxies before this one in vouch.xfcc_from',
    find: inManager(['forward_client_cert_details'], (mode) => typeof mode === 'string' && /FORWARD/.test(mode)),
  },
  {
    name: 'path-normalisation',
    say: 'the service may read dot segments that were judged as they stand: set normalize_path: true',
    find: inManager(['normalize_path'], isNotTrue),
  },
  {
    name: 'merge-slashes',
    say: 'two slashes may be one to the service: set merge_slashes: true',
    find: inManager(['merge_slashes'], isNotTrue),
  },
  {
    name: 'escaped-slashes',
    say: 'an escaped slash may be one to the service: set it to REJECT_REQUEST',
    find: inManager(
      ['path_with_escaped_slashes_action'],
      (action) => action !== 'REJECT_REQUEST' && action !== 'UNESCAPE_AND_REDIRECT',
    ),
  },
  {
    name: 'underscores',
    say: 'servers that read _ as - take x_sallyport_subject for an identity header: set it to REJECT_REQUEST',
    find: inManager(
      ['common_http_protocol_options', 'headers_with_underscores_action'],
      (action) => action !== 'REJECT_REQUEST' && action !== 'DROP_HEADER',
    ),
  },
  {
    name: 'identity-headers',
    say: `clients’ own identity headers are not removed before the question: remove ${identityHeaders.join(', ')} by header_mutation`,
    find: ({ managers }) =>
      pathsOf(
        managers
          .filter((manager) => manager.asking.length > 0 && !strips(manager))
          .map((manager) => below(manager, 'http_filters')),
      ),
  },
  {
    name: 'changed-after-asking',
    say: 'this filter may make another request of the one that was judged: put it before ext_authz',
    find: ({ managers }) => pathsOf(managers.flatMap(afterAsking)),
  },
  {
    name: 'clear-route-cache',
    say: 'the route is chosen again after the decision, by headers that it changed: leave it out',
    find: inFilter(['clear_route_cache'], isTrue),
  },
  {
    name: 'partial-body',
    say: 'policy may judge the beginning of a body for the whole: leave it out, or let policy refuse what is truncated',
    find: inFilter(['with_request_body', 'allow_partial_message'], isTrue),
  },
  {
    name: 'evidence-not-sent',
    say: 'the list leaves out authorization or dpop, so that proofs are not seen',
    find: ({ asking }) =>
      pathsOf(
        asking
          .flatMap((filter) => [
            below(filter, 'allowed_headers'),
            below(filter, 'http_service', 'authorization_request', 'allowed_headers'),
          ])
          .filter(({ value }) => leavesOutEvidence(value) && !matches(value, 'dpop')),
      ),
  },
  {
    name: 'evidence-held-back',
    say: 'headers with evidence are kept from the decision point',
    find: inFilter(['disallowed_headers'], (value) =>
      [...evidence, 'x-forwarded-client-cert', 'client-cert'].some((name) => matches(value, name)),
    ),
  },
  {
    name: 'http-identity-headers',
    say: 'identity headers of the answer do not replace those of the client: allow the prefix x-sallyport-',
    find: ({ asking }) =>
      pathsOf(
        asking
          .filter((filter) => isThere(below(filter, 'http_service').value))
          .map((filter) => below(filter, 'http_service', 'authorization_response', 'allowed_upstream_headers'))
          .filter(({ value }) => !/"x-sallyport-?"|"x-sallyport-subject"/.test(JSON.stringify(value ?? null))),
      ),
  },
  {
    name: 'http-connect',
    say: 'over http_service Envoy cannot ask about CONNECT: with failure_mode_allow it passes; use grpc_service',
    find: ({ asking, all }) =>
      asking.some((filter) => isThere(below(filter, 'http_service').value))
        ? pathsOf(all.map((each) => below(each, 'connect_matcher')).filter(({ value }) => isThere(value)))
        : [],
  },
  {
    name: 'transport',
    say: 'the decision point is asked over a network without TLS: whoever is between answers for it',
    find: (places) =>
      pathsOf(
        places.asking.flatMap((filter) => {
          const cluster = clusterOf(filter, places)
          const open = cluster && leavesMachine(cluster) && !isThere(below(cluster, 'transport_socket').value)
          return open ? [cluster] : []
        }),
      ),
  },
  {
    name: 'admin',
    say: 'whoever reaches the administration of this Envoy can change and stop it: let it listen on 127.0.0.1',
    find: ({ all }) =>
      pathsOf(
        objectsOf({ value: all.slice(0, 1).map(({ value }) => value['admin'] ?? null), path: '' })
          .map((admin) => below({ ...admin, path: 'admin' }, 'address', 'socket_address', 'address'))
          .filter(({ value }) => isThere(value) && value !== '127.0.0.1' && value !== '::1' && !isArray(value ?? null)),
      ),
  },
]
