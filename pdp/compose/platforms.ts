import type { ConfigProblem } from '../config/config-problem.ts'
import type { Config } from '../config/schema.ts'
import { platformProblem } from '../identity/platform-pins.ts'
import { profiles } from '../identity/profiles/list.ts'
import type { IssuerJwtSettings } from '../identity/verifiers/issuer-jwt.ts'
import type { IssuerAnchor } from './trust.ts'

type OfPlatform = Pick<IssuerJwtSettings, 'issuer' | 'profiles' | 'pins' | 'cluster' | 'singleUse' | 'role'>

/** What the verifier of an issuer needs for its profiles. Throws, for the operator, what would take tokens of strangers. */
export function platformSettings(anchor: IssuerAnchor): OfPlatform {
  const problem = problemOf(anchor)
  if (problem !== undefined) throw new Error(`trust: ${anchor.issuer}: ${problem}`)
  return settingsOf(anchor)
}

/** The same problems, of all issuers, for whoever checks a configuration. */
export const platformRefusals = ({ trust }: Config): readonly ConfigProblem[] =>
  trust.flatMap((anchor, i) => {
    const message = 'issuer' in anchor ? problemOf(anchor) : undefined
    return message === undefined ? [] : [{ at: `trust.${i}`, message }]
  })

const problemOf = (anchor: IssuerAnchor): string | undefined =>
  platformProblem({ ...settingsOf(anchor), role: anchor.role, pins: anchor.pins, factNames: Object.keys(anchor.facts) })

const settingsOf = ({
  issuer,
  role,
  pins,
  cluster,
  single_use: singleUse,
  profiles: names,
}: IssuerAnchor): OfPlatform => ({
  issuer,
  role,
  pins,
  profiles: profiles.filter(({ name }) => names.includes(name)),
  ...(cluster !== undefined && { cluster }),
  ...(singleUse !== undefined && { singleUse }),
})
