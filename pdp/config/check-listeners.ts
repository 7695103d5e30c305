import type { ConfigProblem } from './config-problem.ts'
import { type Address, readAddress } from './read-address.ts'
import type { Config } from './schema.ts'
import { doorNames } from './sections/listen.ts'

/**
 * Who reaches a listener from outside this machine is on a network: there it needs TLS, and somebody who is known at
 * both ends. Health and metrics hold nothing secret and take no credentials, so kubelet and Prometheus may reach them.
 */
export function checkListeners(config: Config): readonly ConfigProblem[] {
  return [
    ...withoutTls(config),
    ...openToAnyone(config),
    ...administrationOverTcp(config),
    ...sameAddress(config),
    ...convention(config),
  ]
}

const addressOf = ({ listen }: Config, name: (typeof doorNames)[number] | 'admin' | 'health'): Address | undefined => {
  const text = listen[name]
  return text === undefined ? undefined : readAddress(text)
}

const isNetwork = (address: Address | undefined): boolean => address?.kind === 'tcp' && !address.loopback

function withoutTls(config: Config): ConfigProblem[] {
  if (config.tls !== undefined) return []
  return ([...doorNames, 'admin'] as const)
    .filter((name) => isNetwork(addressOf(config, name)))
    .map((name) => ({
      at: `listen.${name}`,
      message: 'needs `tls` outside this machine; `tls: off` says that something else does it',
    }))
}

function openToAnyone(config: Config): ConfigProblem[] {
  if (!doorNames.some((name) => isNetwork(addressOf(config, name)))) return []
  return Object.entries(config.peps)
    .filter(([, { none }]) => none === true)
    .map(([name]) => ({
      at: `peps.${name}`,
      message: '`none` would let the whole network ask: let it authenticate, or listen on 127.0.0.1 or unix:PATH',
    }))
}

function administrationOverTcp(config: Config): ConfigProblem[] {
  const address = addressOf(config, 'admin')
  if (address?.kind !== 'tcp') return []
  const problems: ConfigProblem[] = []
  if (Object.keys(config.admin.tokens).length === 0)
    problems.push({
      at: 'listen.admin',
      message: 'needs admin.tokens over TCP; on unix:PATH the mode of the file is enough',
    })
  // something before us that ends TLS would see the tokens, and loopback is not a secret from other users
  if (config.tls === 'off' && isNetwork(address))
    problems.push({ at: 'listen.admin', message: 'must be on this machine or behind `tls` of its own, not `off`' })
  return problems
}

function sameAddress(config: Config): ConfigProblem[] {
  const seen = new Map<string, string>()
  return ([...doorNames, 'admin', 'health'] as const).flatMap((name) => {
    const text = config.listen[name]
    if (text === undefined || text.endsWith(':0')) return []
    const other = seen.get(text)
    seen.set(text, name)
    return other === undefined ? [] : [{ at: `listen.${name}`, message: `is the address of listen.${other} too` }]
  })
}

/** Which headers a proxy sends cannot be guessed: clients send them too. */
function convention({ listen, http_authz, services }: Config): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  if ((listen.http_authz === undefined) !== (http_authz === undefined)) {
    const [at, other] = http_authz ? ['http_authz', 'listen.http_authz'] : ['listen.http_authz', 'http_authz']
    problems.push({ at, message: `needs \`${other}\` too` })
  }
  if (http_authz?.service !== undefined && !Object.hasOwn(services, http_authz.service)) {
    problems.push({ at: 'http_authz.service', message: 'is no service of `services`' })
  }
  return problems
}
