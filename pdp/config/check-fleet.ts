import type { ConfigProblem } from './config-problem.ts'
import { readAddress } from './read-address.ts'
import type { Config } from './schema.ts'

type FleetConfig = NonNullable<Config['fleet']>

interface Rule {
  readonly at: string
  readonly message: string
  readonly broken: (fleet: FleetConfig, urls: readonly URL[]) => boolean
}

const rules: readonly Rule[] = [
  {
    at: 'cluster',
    message: 'is something else than `sentinel`: leave one out',
    broken: ({ sentinel, cluster }) => sentinel !== undefined && cluster === true,
  },
  {
    at: 'redis',
    message: 'names several servers: say `sentinel: {name: …}` or `cluster: true`',
    broken: ({ sentinel, cluster }, urls) => urls.length > 1 && sentinel === undefined && cluster !== true,
  },
  {
    at: 'redis',
    message: 'must be all redis or all rediss',
    broken: (_, urls) => urls.some(isPlain) && !urls.every(isPlain),
  },
  {
    at: 'redis',
    message: 'must be rediss outside this machine; `tls: off` says that something else keeps it private',
    broken: ({ tls }, urls) => tls !== 'off' && urls.some((url) => isPlain(url) && !isOnThisMachine(url)),
  },
  {
    at: 'redis',
    message: 'must name one database',
    broken: (_, urls) => new Set(urls.map(databaseOf)).size > 1,
  },
  {
    at: 'redis',
    message: 'must name no database: a cluster has one',
    broken: ({ cluster }, urls) => cluster === true && urls.some((url) => databaseOf(url) !== 0),
  },
  {
    at: 'tls',
    message: 'is `off`, and the URL is rediss',
    broken: ({ tls }, urls) => tls === 'off' && !urls.some(isPlain),
  },
  {
    at: 'tls',
    message: 'is configured, and the URL is redis: make it rediss',
    broken: ({ tls }, urls) => typeof tls === 'object' && urls.some(isPlain),
  },
  {
    at: 'tls',
    message: 'needs both `cert` and `key`, or neither',
    broken: ({ tls }) => typeof tls === 'object' && (tls.cert === undefined) !== (tls.key === undefined),
  },
  {
    at: 'username',
    message: 'needs its `password`',
    broken: ({ username, password }) => username !== undefined && password === undefined,
  },
]

/** Whether the Redis of a fleet can be what it is said to be, and is spoken to in private; and what needs one has it. */
export function checkFleet({ fleet, limits }: Config): readonly ConfigProblem[] {
  if (!fleet)
    return limits.rate.shared ? [{ at: 'limits.rate.shared', message: 'is shared over Redis: configure `fleet`' }] : []
  const { pep, subject, shared } = limits.rate
  const urls = fleet.redis.map((text) => new URL(text))
  return [
    ...rules.filter(({ broken }) => broken(fleet, urls)).map(({ at, message }) => ({ at: `fleet.${at}`, message })),
    ...(shared && !pep && !subject
      ? [{ at: 'limits.rate.shared', message: 'needs a rate: name `pep` or `subject`' }]
      : []),
  ]
}

/** The database that a URL of Redis names. */
export const databaseOf = ({ pathname }: URL): number => Number(pathname.slice(1))

const isPlain = ({ protocol }: URL): boolean => protocol === 'redis:'

function isOnThisMachine({ hostname }: URL): boolean {
  const address = readAddress(`${hostname}:0`)
  return address?.kind === 'tcp' && address.loopback
}
