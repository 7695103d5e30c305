import { awsIssuers } from '../core/aws-issuers.ts'
import { checkBundles } from './check-bundles.ts'
import { checkFleet } from './check-fleet.ts'
import { checkListeners } from './check-listeners.ts'
import { checkPeps } from './check-peps.ts'
import type { ConfigProblem } from './config-problem.ts'
import { didYouMean } from '../core/did-you-mean.ts'
import { checkOpaEnvoy } from './opa-envoy.ts'
import { readAddress } from './read-address.ts'
import type { Config } from './schema.ts'

/** Rules between sections: every name leads somewhere, nothing is claimed twice, and no combination is unsafe. */
export function checkConfig(config: Config): readonly ConfigProblem[] {
  return [
    ...sharedAudiences(config),
    ...namesThatLeadNowhere(config),
    ...nobodyTrusted(config),
    ...trustedTwice(config),
    ...overlappingPrefixes(config),
    ...linksThatLeadNowhere(config),
    ...namesOfOthers(config),
    ...sharedNowhere(config),
    ...demandsOfAnonymous(config),
    ...outsideTls(config),
    ...checkPeps(config),
    ...checkListeners(config),
    ...checkFleet(config),
    ...checkOpaEnvoy(config),
    ...workersWithoutFleet(config),
    ...timesOutOfOrder(config),
    ...checkBundles(config),
    ...besideNoLog(config),
    ...headersInTheOpen(config),
  ]
}

/** What is kept or sent beside the log needs one in a file. */
function besideNoLog({ audit }: Config): ConfigProblem[] {
  if (audit.mode !== 'memory') return []
  return [
    ...Object.keys(audit.sinks).map((name) => `audit.sinks.${name}`),
    ...(audit.payloads ? ['audit.payloads'] : []),
    ...(audit.witnesses ? ['audit.witnesses'] : []),
  ].map((at) => ({ at, message: 'needs a log in a file: `audit.mode` must be `written` or `synced`' }))
}

/** What says who sends spans is not for whoever is on the way. */
const headersInTheOpen = ({ telemetry: { traces } }: Config): ConfigProblem[] =>
  traces?.enabled &&
  traces.headers !== undefined &&
  traces.endpoint.startsWith('http:') &&
  !isOnThisMachine(traces.endpoint)
    ? [
        {
          at: 'telemetry.traces.endpoint',
          message: 'must be https with `headers`; http is for a loopback address then',
        },
      ]
    : []

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

function namesThatLeadNowhere({ services, peps, bundles, audit }: Config): ConfigProblem[] {
  const missing = (at: string, kind: string, name: string, known: readonly string[]): ConfigProblem => {
    const meant = didYouMean(name, known)
    return { at, message: `${kind} \`${name}\` is not configured${meant ? `: did you mean \`${meant}\`?` : ''}` }
  }
  const mask = audit.mask?.bundle
  const unknownMask =
    mask === undefined || Object.hasOwn(bundles, mask)
      ? []
      : [missing('audit.mask.bundle', 'bundle', mask, Object.keys(bundles))]
  const ofServices = Object.entries(services).flatMap(([name, service]) => {
    const policy = service.policy ?? name
    const unknownPeps = service.peps.filter((pep) => !Object.hasOwn(peps, pep))
    return [
      ...unknownPeps.map((pep) => missing(`services.${name}.peps`, 'enforcement point', pep, Object.keys(peps))),
      ...(Object.hasOwn(bundles, policy)
        ? []
        : [missing(`services.${name}.policy`, 'bundle', policy, Object.keys(bundles))]),
    ]
  })
  return [...unknownMask, ...ofServices]
}

function anchorKey(anchor: Config['trust'][number]): string {
  if ('spiffe' in anchor) return `spiffe ${anchor.spiffe}`
  return 'ca' in anchor ? `ca ${anchor.name}` : `issuer ${anchor.issuer}`
}

/** Where policy does not judge all by itself, somebody must vouch for callers. */
const nobodyTrusted = ({ trust, registry, aws, services }: Config): ConfigProblem[] =>
  trust.length === 0 &&
  registry === undefined &&
  aws === undefined &&
  Object.values(services).some(({ identity }) => identity !== 'policy')
    ? [
        {
          at: 'trust',
          message:
            'must name who vouches for callers: a trust domain, an issuer or an authority; or have a `registry`, or `aws`',
        },
      ]
    : []

function trustedTwice({ trust }: Config): ConfigProblem[] {
  const seen = new Set<string>()
  return trust.flatMap((anchor, i) => {
    const key = anchorKey(anchor)
    if (seen.has(key)) return [{ at: `trust.${i}`, message: `\`${key}\` is configured twice` }]
    seen.add(key)
    return []
  })
}

/** An opaque token says nothing of its issuer, and must not be shown to two of them: its beginning says whose it is. */
function overlappingPrefixes({ trust }: Config): ConfigProblem[] {
  const asked = trust.flatMap((anchor, i) =>
    'issuer' in anchor && anchor.introspection
      ? [{ i, issuer: anchor.issuer, prefix: anchor.introspection.prefix }]
      : [],
  )
  return asked.flatMap(({ i, prefix }, at) => {
    const other = asked.slice(0, at).find((one) => one.prefix.startsWith(prefix) || prefix.startsWith(one.prefix))
    const message = `would take tokens of \`${other?.issuer}\`: give each a prefix that the other does not begin with`
    return other ? [{ at: `trust.${i}.introspection.prefix`, message }] : []
  })
}

/** What an issuer says of its subjects must not be about clients of ours, nor about what AWS vouches for. */
function namesOfOthers({ registry, trust, aws }: Config): ConfigProblem[] {
  const issuers = trust.flatMap((anchor, i) => ('issuer' in anchor ? [{ i, issuer: anchor.issuer }] : []))
  const names: readonly string[] = aws ? Object.values(awsIssuers) : []
  const ours = registry && issuers.some(({ issuer }) => issuer === registry.issuer)
  return [
    ...(ours
      ? [
          {
            at: 'registry.issuer',
            message: 'is an issuer in `trust`: clients registered here need a name of their own',
          },
        ]
      : []),
    ...issuers
      .filter(({ issuer }) => names.includes(issuer))
      .map(({ i }) => ({ at: `trust.${i}.issuer`, message: 'is a name of what `aws` vouches for' })),
  ]
}

/** What is shared needs somebody to share it with. */
const sharedNowhere = ({ registry, fleet }: Config): ConfigProblem[] =>
  registry?.from === 'fleet' && !fleet ? [{ at: 'registry.from', message: 'needs `fleet`' }] : []

/** A link joins a SPIFFE ID of a configured domain with a subject of a configured issuer, and each such subject once. */
function linksThatLeadNowhere({ links, trust, registry, aws }: Config): ConfigProblem[] {
  const domains = trust.flatMap((anchor) => ('spiffe' in anchor ? [`spiffe://${anchor.spiffe}/`] : []))
  const named = trust.flatMap((anchor) => ('issuer' in anchor ? [anchor.issuer] : []))
  const issuers = [...named, ...(registry ? [registry.issuer] : []), ...(aws ? Object.values<string>(awsIssuers) : [])]
  const seen = new Set<string>()
  return links.flatMap(({ subject, same_as }, i) => {
    const key = JSON.stringify([same_as.issuer, same_as.subject])
    const twice = seen.has(key)
    seen.add(key)
    return [
      ...(domains.some((domain) => subject.startsWith(domain))
        ? []
        : [{ at: `links.${i}.subject`, message: 'must be a workload of a trust domain in `trust`' }]),
      ...(issuers.includes(same_as.issuer)
        ? []
        : [
            {
              at: `links.${i}.same_as.issuer`,
              message: 'must be an issuer in `trust`, that of `registry` or one of `aws`, exactly as it is there',
            },
          ]),
      ...(twice ? [{ at: `links.${i}.same_as`, message: 'is linked twice: one client is one workload' }] : []),
    ]
  })
}

/** Nobody can be held to a level of assurance who need not say who it is. */
const demandsOfAnonymous = ({ services }: Config): ConfigProblem[] =>
  Object.entries(services).flatMap(([name, { identity, minimum_assurance, max_attestation_age_s }]) =>
    identity !== 'required' && (minimum_assurance ?? max_attestation_age_s) !== undefined
      ? [
          {
            at: `services.${name}.identity`,
            message: 'must be `required` with minimum_assurance or max_attestation_age_s',
          },
        ]
      : [],
  )

const httpMessage = 'must be https; http is for a loopback address with allow_private'

/** Keys that come over plain http are whoever's who is on the way: only this machine itself may be asked so. */
function outsideTls({ trust }: Config): ConfigProblem[] {
  return trust.flatMap((anchor, i) => {
    if (!('issuer' in anchor)) return []
    const refuses = (url: string | undefined) =>
      url?.startsWith('http:') === true && !(anchor.allow_private && isOnThisMachine(url))
    // an issuer whose keys are in a file is a name, and never asked
    const issuer = anchor.profiles.length > 0 && !anchor.jwks?.startsWith('file:') && refuses(anchor.issuer)
    return [
      ...(issuer ? [{ at: `trust.${i}.issuer`, message: httpMessage }] : []),
      ...(refuses(anchor.jwks) ? [{ at: `trust.${i}.jwks`, message: httpMessage }] : []),
      ...(refuses(anchor.introspection?.endpoint)
        ? [{ at: `trust.${i}.introspection.endpoint`, message: httpMessage }]
        : []),
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
