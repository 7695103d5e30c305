import type { ConfigProblem } from './config-problem.ts'
import { readAddress } from './read-address.ts'
import type { Config } from './schema.ts'
import { entrypointPattern } from './sections/services.ts'

type Section = NonNullable<Config['envoy_ext_authz_grpc']>

const defaultPath = 'envoy/authz/allow'
const largestMessage = 4_194_304
const anyReply = 2_147_483_647

/**
 * The configuration with what `envoy_ext_authz_grpc` says of the listener and of the services in that dialect, where they
 * say nothing themselves. Without the section, such a service has the entrypoint that the plugin asks by default.
 */
export function withOpaEnvoy(config: Config): Config {
  const { services, listen, envoy_ext_authz_grpc: section } = config
  const address = section?.addr === undefined ? undefined : addressOf(section.addr)
  const entrypoint = entrypointOf(section) ?? defaultPath
  return {
    ...config,
    listen: { ...listen, ...(listen.ext_authz === undefined && address !== undefined && { ext_authz: address }) },
    services: Object.fromEntries(
      Object.entries(services).map(([name, service]) => [
        name,
        service.dialect === 'opa-envoy'
          ? {
              ...service,
              entrypoint: service.entrypoint ?? entrypoint,
              dry_run: service.dry_run || section?.['dry-run'] === true,
            }
          : service,
      ]),
    ),
  }
}

/** What is wrong with the dialect of services, and what of the section cannot be meant here. */
export function checkOpaEnvoy(config: Config): readonly ConfigProblem[] {
  const { services, listen, http_authz, envoy_ext_authz_grpc: section } = config
  const inDialect = Object.keys(services).filter((name) => services[name]?.dialect === 'opa-envoy')
  const problems = Object.entries(services).flatMap(([name, { dialect, identity, expose_credentials }]) => {
    if (dialect === 'opa-envoy') return []
    const at = `services.${name}`
    const message = 'is for `dialect: opa-envoy` alone'
    return [
      ...(identity === 'policy' ? [{ at: `${at}.identity`, message: `\`policy\` ${message}` }] : []),
      ...(expose_credentials ? [{ at: `${at}.expose_credentials`, message }] : []),
    ]
  })
  if (inDialect.length > 0 && listen.ext_authz === undefined) {
    const message = 'needs listen.ext_authz, or envoy_ext_authz_grpc.addr: it is asked over gRPC alone'
    problems.push({ at: `services.${inDialect[0]}.dialect`, message })
  }
  if (http_authz?.service !== undefined && inDialect.includes(http_authz.service)) {
    problems.push({ at: 'http_authz.service', message: 'must not be of `dialect: opa-envoy`: that is asked over gRPC' })
  }
  return section ? [...problems, ...checkSection(section, config, inDialect.length > 0)] : problems
}

function checkSection(section: Section, { listen }: Config, isUsed: boolean): readonly ConfigProblem[] {
  const { addr, path, query } = section
  const rows: readonly (readonly [string, boolean, string])[] = [
    ['', !isUsed, 'is for services with `dialect: opa-envoy`, of which there is none'],
    [
      'addr',
      addr !== undefined && addressOf(addr) === undefined,
      'must be HOST:PORT with the address of an interface, grpc://HOST:PORT or unix:///PATH; abstract sockets have no mode that guards them',
    ],
    [
      'addr',
      addr !== undefined && addressOf(addr) !== undefined && listen.ext_authz !== addressOf(addr),
      'is another address than listen.ext_authz: say it once',
    ],
    ['query', path !== undefined && query !== undefined, 'stands beside `path`: say one of them'],
    [
      'query',
      path === undefined && query !== undefined && entrypointOf(section) === undefined,
      'must be one reference, such as data.envoy.authz.allow: other queries have no entrypoint',
    ],
    [
      'path',
      path !== undefined && entrypointOf(section) === undefined,
      'must lead to a rule, such as envoy/authz/allow',
    ],
    [
      'grpc-max-recv-msg-size',
      (section['grpc-max-recv-msg-size'] ?? 0) > largestMessage,
      `must be at most ${largestMessage}, as by default`,
    ],
    [
      'grpc-max-send-msg-size',
      (section['grpc-max-send-msg-size'] ?? anyReply) < anyReply,
      'would make an error of a reply, and so perhaps an allow: replies are bounded by what results may hold. Remove it',
    ],
    [
      'enable-performance-metrics',
      section['enable-performance-metrics'],
      'is not needed: durations and refusals are always on /metrics of listen.health, under names of ours. Remove it',
    ],
    [
      'grpc-request-duration-seconds-buckets',
      section['grpc-request-duration-seconds-buckets'] !== undefined,
      'cannot be chosen: the buckets of decision durations are fixed. Remove it',
    ],
  ]
  return rows
    .filter(([, isWrong]) => isWrong)
    .map(([key, , message]) => ({ at: key === '' ? 'envoy_ext_authz_grpc' : `envoy_ext_authz_grpc.${key}`, message }))
}

/** The address as `listen` has it. Without a host the plugin listens on all of them: here on all of IPv4, and under its rules. */
function addressOf(addr: string): string | undefined {
  if (addr.startsWith('unix://')) {
    const path = addr.slice('unix://'.length)
    return path === '' || path.startsWith('@') ? undefined : `unix:${path}`
  }
  const text = addr.replace(/^grpc:\/\//, '')
  const address = text.startsWith(':') ? `0.0.0.0${text}` : text.replace(/^localhost:/, '127.0.0.1:')
  return readAddress(address)?.kind === 'tcp' ? address : undefined
}

/** The entrypoint that is asked; undefined where none is, and for what cannot be one. */
function entrypointOf(section: Section | undefined): string | undefined {
  const { path, query } = section ?? {}
  const asked =
    path ?? (query?.startsWith('data.') === true ? query.slice('data.'.length).replaceAll('.', '/') : undefined)
  const entrypoint = asked
    ?.split('/')
    .filter((segment) => segment !== '')
    .join('/')
  return entrypoint !== undefined && entrypointPattern.test(entrypoint) ? entrypoint : undefined
}
