import { profiles } from './profiles/list.ts'
import type { Platform, PlatformFact, Profile } from './profiles/profile.ts'

/** Facts that the operator narrows a platform to, with the values that are taken: `{ repository_owner_id: ['65'] }`. */
export type Pins = Readonly<Record<string, readonly string[]>>

/** What configuration says about an issuer, as far as profiles have rules for it. */
export interface PlatformSettings {
  readonly issuer: string
  readonly profiles: readonly Profile[]
  readonly pins: Pins
  readonly cluster?: string
  readonly singleUse?: boolean
  readonly role: 'subject' | 'delegation'
  /** Names of facts that configuration takes from claims itself. */
  readonly factNames: readonly string[]
}

/**
 * What is wrong with how an issuer of platform tokens is configured, with what to do; undefined if nothing is. Whatever would
 * take tokens of strangers, because they share the issuer, is wrong.
 */
export function platformProblem(settings: PlatformSettings): string | undefined {
  const { issuer, profiles: chosen, role } = settings
  const owner = profiles.find(({ platform }) => platform?.owned?.test(issuer))
  // for whom somebody acts, such as the people of an identity provider, is nobody's identity
  if (owner && role === 'subject' && chosen.some((profile) => profile !== owner)) {
    return `everybody can get tokens of this issuer: set \`profiles: [${owner.name}]\``
  }
  const profile = chosen.find(({ platform }) => platform)
  if (profile && chosen.length > 1)
    return `\`${profile.name}\` has rules that no other profile has: leave the others out`
  return profile?.platform ? ofPlatform(profile.name, profile.platform, settings) : withoutPlatform(settings)
}

const withoutPlatform = ({ pins, cluster, singleUse }: PlatformSettings): string | undefined =>
  Object.keys(pins).length > 0 || cluster !== undefined || singleUse !== undefined
    ? 'pins, cluster and single_use are for profiles of platforms: leave them out'
    : undefined

function ofPlatform(name: string, platform: Platform, settings: PlatformSettings): string | undefined {
  const { issuer, cluster, singleUse, role, factNames } = settings
  const { issuers, facts, single } = platform
  if (issuers && !issuers.form.test(issuer)) return `\`${name}\` has issuers of its own: ${issuers.written}`
  if (role === 'delegation') return `\`${name}\` says who calls: it cannot have \`role: delegation\``
  if ((cluster !== undefined) !== (platform.cluster === 'required')) {
    return platform.cluster
      ? `\`${name}\` needs a name for the cluster: \`cluster: NAME\``
      : '`cluster` is for kubernetes'
  }
  if (singleUse !== undefined && !single) return `\`${name}\` tokens are used again and again: leave \`single_use\` out`
  const twice = factNames.find((fact) => fact === 'cluster' || facts.some((one) => one.name === fact))
  if (twice !== undefined) return `the fact \`${twice}\` comes of the profile \`${name}\`: leave it out of \`facts\``
  return pinProblem(name, platform, settings.pins)
}

function pinProblem(name: string, { facts, pins: needed }: Platform, pins: Pins): string | undefined {
  for (const [fact, values] of Object.entries(pins)) {
    const known = facts.find((one) => one.name === fact)
    if (!known)
      return `\`pins.${fact}\` is no fact of \`${name}\`, which has ${facts.map((one) => one.name).join(', ')}`
    if (!values.every((value) => isWhole(value, known)))
      return `\`pins.${fact}\` must hold whole values in their own form: patterns would take what strangers choose`
  }
  const missing = needed.find((names) => names.every((one) => !Object.hasOwn(pins, one)))
  return (
    missing && `\`${name}\` is shared by everybody: pin one of ${missing.map((one) => `\`pins.${one}\``).join(', ')}`
  )
}

const isWhole = (value: string, { id }: PlatformFact): boolean => (id ? id.test(value) : !/[*?]/.test(value))

/** What must be pinned because the issuer says it of itself, beside what the operator pins. */
export function allPins(issuer: string, { issuers }: Platform, pins: Pins): Pins {
  const said = Object.entries(issuers?.form.exec(issuer)?.groups ?? {}).filter(([, value]) => value !== undefined)
  return { ...pins, ...Object.fromEntries(said.map(([name, value]) => [name, [value]])) }
}
