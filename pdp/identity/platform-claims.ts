import type { Fact } from '../core/caller.ts'
import { clauses } from '../core/clause.ts'
import { isArray, isObject, type JsonObject, type JsonValue, member } from '../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import type { Pins } from './platform-pins.ts'
import type { ClaimPath, Platform, PlatformFact } from './profiles/profile.ts'

export const platformClauses = clauses({
  act: 'platform-caller-itself',
  fact: 'platform-fact-form',
  agree: 'platform-fact-one-value',
  missing: 'platform-fact-there',
  oneOf: 'platform-workload-named',
  refused: 'platform-value-refused',
  exactly: 'platform-value-demanded',
  same: 'platform-claims-agree',
  sub: 'platform-sub-of-facts',
  pinned: 'platform-pinned',
})

/** What a platform's token says about its caller. `name`: the caller at its issuer. */
export interface PlatformSaid {
  readonly name: string
  readonly facts: readonly Fact[]
  readonly attested: boolean
}

const maximumLength = 1_024

/**
 * Reads a platform's token: its facts, none of them of a value that is refused or not pinned. `sub` is the subject's name
 * where the profile makes none of ids. Errors: CREDENTIAL_REFUSED; the first rule of the profile that is broken.
 */
export function readPlatformClaims(claims: JsonObject, platform: Platform, pins: Pins): Result<PlatformSaid> {
  if (member(claims, 'act') !== undefined) return refused(platformClauses.act, 'a platform speaks for the caller alone')
  const facts = readFacts(claims, platform)
  if (!facts.ok) return facts
  const values = new Map(facts.value.map(({ name, value }) => [name, value]))
  const wrong = checkValues(claims, platform) ?? checkFacts(claims, platform, values) ?? checkPins(pins, values)
  if (wrong) return wrong
  const name = platform.subject === undefined ? textOf(member(claims, 'sub')) : fill(platform.subject, values)
  return ok({ name, facts: facts.value, attested: platform.attestedBy.some((one) => values.has(one)) })
}

/** The claims with the end that the platform gives the token, where that comes before `exp`. */
export function platformEnd(claims: JsonObject, { endsAt }: Platform): JsonObject {
  const end = endsAt && claimAt(claims, endsAt)
  const exp = member(claims, 'exp')
  return end === undefined || (typeof end === 'number' && typeof exp === 'number' && exp <= end)
    ? claims
    : { ...claims, exp: end }
}

const refused = (clause: (typeof platformClauses)[keyof typeof platformClauses], detail: string): Refusal =>
  refuse('CREDENTIAL_REFUSED', clause, detail)

const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '')

function readFacts(claims: JsonObject, { facts }: Platform): Result<readonly Fact[]> {
  const found: Fact[] = []
  for (const fact of facts) {
    const value = readFact(claims, fact)
    if (!value.ok) return value
    if (value.value !== undefined) found.push({ name: fact.name, value: value.value, source: 'token' })
  }
  return ok(found)
}

/** Of several claims for a fact all that are there must say the same. An empty one is as good as absent. */
function readFact(
  claims: JsonObject,
  { name, claims: paths, as, required, id }: PlatformFact,
): Result<string | undefined> {
  let found: string | undefined
  for (const path of paths) {
    const claim = claimAt(claims, path)
    if (claim === undefined || claim === null || claim === '') continue
    const value = asText[as](claim)
    if (value === undefined || value.length > maximumLength || id?.test(value) === false) {
      return refused(platformClauses.fact, `claim \`${path.join('.')}\` must be of the form its platform gives it`)
    }
    if (found !== undefined && found !== value) {
      return refused(platformClauses.agree, `claims say different things of \`${name}\``)
    }
    found = value
  }
  return found === undefined && required
    ? refused(platformClauses.missing, `claim \`${paths.map((path) => path.join('.')).join('` or `')}\` must be there`)
    : ok(found)
}

/** How a claim is written, and its value as text; undefined where it is written otherwise. */
const asText: Readonly<Record<PlatformFact['as'], (claim: JsonValue) => string | undefined>> = {
  text: (claim) => (typeof claim === 'string' ? claim : undefined),
  integer: (claim) => (typeof claim === 'number' && Number.isSafeInteger(claim) ? String(claim) : undefined),
  boolean: (claim) => (typeof claim === 'boolean' ? String(claim) : undefined),
  'boolean-text': (claim) => (claim === 'true' || claim === 'false' ? claim : undefined),
}

function checkValues(
  claims: JsonObject,
  { refused: bad = [], exactly = [], same = [] }: Platform,
): Refusal | undefined {
  const iss = textOf(member(claims, 'iss'))
  for (const { claim, values } of bad) {
    const value = claimAt(claims, claim)
    const named = isArray(value) ? value : [value]
    const isBad = (one: JsonValue | undefined): boolean =>
      values === 'any' ? one !== undefined : values.some((each) => (each === '{iss}' ? iss : each) === one)
    if (named.some(isBad)) {
      return refused(platformClauses.refused, `claim \`${claim.join('.')}\` has a value that no workload of yours has`)
    }
  }
  const other = exactly.find(({ claim, value }) => claimAt(claims, claim) !== value)
  if (other) {
    return refused(platformClauses.exactly, `claim \`${other.claim.join('.')}\` must be ${String(other.value)}`)
  }
  const apart = same.find(([a, b]) => {
    const [one, two] = [claimAt(claims, a), claimAt(claims, b)]
    return one !== undefined && two !== undefined && one !== two
  })
  return (
    apart && refused(platformClauses.same, `claims \`${apart.map((path) => path.join('.')).join('` and `')}\` differ`)
  )
}

function checkFacts(
  claims: JsonObject,
  { oneOf, sub }: Platform,
  values: ReadonlyMap<string, string>,
): Refusal | undefined {
  if (oneOf && !oneOf.some((name) => values.has(name))) {
    return refused(platformClauses.oneOf, `token must name one of ${oneOf.join(', ')}`)
  }
  return sub !== undefined && member(claims, 'sub') !== fill(sub, values)
    ? refused(platformClauses.sub, 'sub is not of the workload that the other claims name')
    : undefined
}

/** Of a shared issuer's tokens only those that are the operator's own. A fact that is not there is not pinned to anything. */
function checkPins(pins: Pins, values: ReadonlyMap<string, string>): Refusal | undefined {
  const other = Object.entries(pins).find(([name, taken]) => !taken.includes(values.get(name) ?? ''))
  return other && refused(platformClauses.pinned, `\`${other[0]}\` is not one that is taken here`)
}

const fill = (template: string, values: ReadonlyMap<string, string>): string =>
  template.replaceAll(/\{(\w+)\}/g, (_, name: string) => values.get(name) ?? '')

/** A claim by the names that lead to it, own members only. */
function claimAt(claims: JsonObject, path: ClaimPath): JsonValue | undefined {
  let at: JsonValue | undefined = claims
  for (const name of path) at = isObject(at) ? member(at, name) : undefined
  return at
}
