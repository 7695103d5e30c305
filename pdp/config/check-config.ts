import { didYouMean } from './did-you-mean.ts'
import type { ConfigProblem } from './read-config.ts'
import type { Config } from './schema.ts'

/** Rules between sections: every name leads somewhere, and nothing is claimed twice. */
export function checkConfig(config: Config): readonly ConfigProblem[] {
  return [
    ...sharedAudiences(config),
    ...namesThatLeadNowhere(config),
    ...trustedTwice(config),
    ...issuersOutsideTls(config),
  ]
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

function issuersOutsideTls({ trust }: Config): ConfigProblem[] {
  return trust.flatMap((anchor, i) =>
    'issuer' in anchor && anchor.issuer.startsWith('http:') && !anchor.allow_private
      ? [{ at: `trust.${i}.issuer`, message: 'must be https; http is for loopback with allow_private' }]
      : [],
  )
}
