import { checkFleet } from './check-fleet.ts'
import { checkListeners } from './check-listeners.ts'
import { checkPeps } from './check-peps.ts'
import type { ConfigProblem } from './config-problem.ts'
import { didYouMean } from './did-you-mean.ts'
import { readAddress } from './read-address.ts'
import type { Config } from './schema.ts'

/** Rules between sections: every name leads somewhere, nothing is claimed twice, and no combination is unsafe. */
export function checkConfig(config: Config): readonly ConfigProblem[] {
  return [
    ...sharedAudiences(config),
    ...namesThatLeadNowhere(config),
    ...trustedTwice(config),
    ...outsideTls(config),
    ...checkPeps(config),
    ...checkListeners(config),
    ...checkFleet(config),
    ...workersWithoutFleet(config),
    ...timesOutOfOrder(config),
    ...unsignedBundles(config),
  ]
}

/** A bundle has its signer, or says aloud that it has none. */
function unsignedBundles({ bundles }: Config): ConfigProblem[] {
  return Object.entries(bundles).flatMap(([name, { signer, unsigned }]) =>
    (signer === undefined) === (unsigned === true)
      ? []
      : [
          {
            at: `bundles.${name}`,
            message: 'name its signer (`signer: file:PATH`), or say `unsigned: true`: one of them',
          },
        ],
  )
}

function sharedAudiences({ services }: Config): ConfigProblem[] {
  const owners = new Map<string, string>()
  const problems: ConfigProblem[] = []
  for (const [name, { audiences, origins }] of Object.entries(services)) {
    for (const audience of new Set([...audiences, ...(origins ?? [])])) {
      const owner = owners.get(audience)
      if (owner)
        problems.push({
          at: `services.${name}.audiences`,
          message: `\`${audience}\` belongs to \`${owner}\`: an audience names one service`,
        })
      owners.set(audience, name)
    }
  }
  return problems
}

function namesThatLeadNowhere({ services, peps, bundles }: Config): ConfigProblem[] {
  const missing = (at: string, kind: string, name: string, known: readonly string[]): ConfigProblem => {
    const meant = didYouMean(name, known)
    return { at, message: `${kind} \`${name}\` is not configured${meant ? `: did you mean \`${meant}\`?` : ''}` }
  }
  return Object.entries(services).flatMap(([name, service]) => {
    const policy = service.policy ?? name
    const unknownPeps = service.peps.filter((pep) => !Object.hasOwn(peps, pep))
    return [
      ...unknownPeps.map((pep) => missing(`services.${name}.peps`, 'enforcement point', pep, Object.keys(peps))),
      ...(Object.hasOwn(bundles, policy)
        ? []
        : [missing(`services.${name}.policy`, 'bundle', policy, Object.keys(bundles))]),
    ]
  })
}

function trustedTwice({ trust }: Config): ConfigProblem[] {
  const seen = new Set<string>()
  return trust.flatMap((anchor, i) => {
    const key = 'spiffe' in anchor ? `spiffe ${anchor.spiffe}` : `issuer ${anchor.issuer}`
    if (seen.has(key)) return [{ at: `trust.${i}`, message: `\`${key}\` is configured twice` }]
    seen.add(key)
    return []
  })
}

const httpMessage = 'must be https; http is for a loopback address with allow_private'

/** Keys that come over plain http are whoever's who is on the way: only this machine itself may be asked so. */
function outsideTls({ trust }: Config): ConfigProblem[] {
  return trust.flatMap((anchor, i) => {
    if (!('issuer' in anchor)) return []
    const refuses = (url: string | undefined) =>
      url?.startsWith('http:') === true && !(anchor.allow_private && isOnThisMachine(url))
    // an issuer whose keys are in a file is a name, and never asked
    const issuer = !anchor.jwks?.startsWith('file:') && refuses(anchor.issuer)
    return [
      ...(issuer ? [{ at: `trust.${i}.issuer`, message: httpMessage }] : []),
      ...(refuses(anchor.jwks) ? [{ at: `trust.${i}.jwks`, message: httpMessage }] : []),
    ]
  })
}

function isOnThisMachine(url: string): boolean {
  const address = readAddress(`${new URL(url).hostname}:0`)
  return address?.kind === 'tcp' && address.loopback
}

function workersWithoutFleet({ workers, fleet }: Config): ConfigProblem[] {
  return workers > 1 && !fleet
    ? [
        {
          at: 'workers',
          message: 'more than one worker needs fleet.redis: they share single uses and revocations there',
        },
      ]
    : []
}

const timesOutOfOrder = ({ limits }: Config): ConfigProblem[] =>
  limits.headers_timeout_ms > limits.request_timeout_ms
    ? [{ at: 'limits.headers_timeout_ms', message: 'must not be longer than limits.request_timeout_ms' }]
    : []
