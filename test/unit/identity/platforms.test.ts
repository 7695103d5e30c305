import { describe, expect, test } from 'vitest'
import { profiles } from '../../../pdp/identity/profiles/list.ts'
import { type PlatformSettings, platformProblem } from '../../../pdp/identity/platform-pins.ts'
import { plus, seconds } from '../../../pdp/core/time.ts'
import { createMemoryFirstUse } from '../../../pdp/first-use/memory-store.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { platformGate } from '../../support/platform-gate.ts'
import { type PlatformName, platforms, platformToken, platformVerifier } from '../../support/platforms.ts'
import { refusesOnly } from '../../support/twin.ts'
import { bearer, billing, type Changes, createAsk } from '../../support/world.ts'

const names = Object.keys(platforms) as PlatformName[]
const at = noon / 1000
const uuid = (digit: string) => [8, 4, 4, 4, 12].map((length) => digit.repeat(length)).join('-')

describe.each(names)('%s', (name) => {
  test('a token proves its workload, by ids where names can be taken over', async () => {
    const { issuer, subject } = platforms[name]
    expect(await platformGate(name)(platformToken(name))).toMatchObject({
      ok: true,
      value: {
        subject: {
          id: `${issuer}#${subject}`,
          methods: [name],
          assurance: { level: 1, possession: 'none', attested: true },
        },
        verified: [{ method: name, issuer }],
      },
    })
  })

  test.each<[string, Changes, string, string]>([
    ['for another service', { aud: 'https://billing.example.org' }, 'AUDIENCE_REFUSED', 'rfc7519-4.1.3-aud'],
    ['for nobody', { aud: undefined }, 'AUDIENCE_REFUSED', 'rfc7519-4.1.3-aud'],
    ['of another issuer', { iss: 'https://evil.example' }, 'ISSUER_UNKNOWN', 'select-issuer'],
    ['of a life of a day', { exp: at + 86_400 }, 'CREDENTIAL_REFUSED', 'jwt-lifetime'],
    ['without an end', { exp: undefined }, 'CREDENTIAL_REFUSED', 'rfc7519-4.1.4-exp'],
    ['with its end in milliseconds', { exp: noon + 300_000 }, 'CREDENTIAL_MALFORMED', 'rfc7519-2-numeric-date'],
    ['that speaks for somebody else', { act: { sub: 'x' } }, 'CREDENTIAL_REFUSED', 'platform-caller-itself'],
  ])('a token %s is refused', (_, defect, code, clause) =>
    refusesOnly(platformGate(name), platformToken(name, { jti: 'twin' }), platformToken(name, defect), {
      code: code as 'EXPIRED',
      clause,
    }),
  )

  test('what it says about the party acted for is nothing that a platform says: no facts of it without its caller', () => {
    const profile = profiles.find((each) => each.name === name)
    const facts = profile?.platform?.facts ?? []
    const demanded = facts.filter(({ required }) => required).map((fact) => fact.name)
    const inTemplates = [profile?.platform?.subject, profile?.platform?.sub].flatMap((text) =>
      [...(text ?? '').matchAll(/\{(\w+)\}/g)].map(([, fact]) => fact),
    )
    expect(demanded).toEqual(expect.arrayContaining(inTemplates))
    expect(facts.map((fact) => fact.name)).toEqual(
      expect.arrayContaining([...(profile?.platform?.pins.flat() ?? []), ...(profile?.platform?.attestedBy ?? [])]),
    )
    expect(facts.map((fact) => fact.name)).not.toContain('environment') // which configuration alone says
  })
})

test('a profile is data: it has no function in it', () => {
  const functions = (value: unknown): unknown[] =>
    typeof value === 'function'
      ? [value]
      : typeof value === 'object' && value !== null && !(value instanceof RegExp)
        ? Object.values(value).flatMap(functions)
        : []
  expect(functions({ planted: [() => undefined] })).toHaveLength(1)
  expect(profiles.flatMap(functions)).toEqual([])
})

const k8s = platforms.kubernetes.claims['kubernetes.io']
const pods = (changes: Changes) => ({ 'kubernetes.io': { ...k8s, ...changes } })
const engine = platforms.gcp.claims.google.compute_engine
const google = (changes: Changes) => ({ google: { compute_engine: { ...engine, ...changes } } })

const rows: readonly (readonly [PlatformName, string, Changes, string])[] = [
  [
    'kubernetes',
    'sub of another service account',
    { sub: 'system:serviceaccount:shop:admin' },
    'platform-sub-of-facts',
  ],
  [
    'kubernetes',
    'sub of another namespace',
    { sub: 'system:serviceaccount:kube-system:checkout' },
    'platform-sub-of-facts',
  ],
  ['kubernetes', 'a user in place of a service account', { sub: 'alice' }, 'platform-sub-of-facts'],
  ['kubernetes', 'neither pod nor node', pods({ pod: undefined, node: undefined }), 'platform-workload-named'],
  [
    'kubernetes',
    'a pod without uid',
    pods({ pod: { name: 'checkout-0' }, node: undefined }),
    'platform-workload-named',
  ],
  ['kubernetes', 'no private claims, as a token of before 1.21', { 'kubernetes.io': undefined }, 'platform-fact-there'],
  [
    'kubernetes',
    'private claims under names with slashes',
    { 'kubernetes.io': undefined, 'kubernetes.io/serviceaccount/namespace': 'shop' },
    'platform-fact-there',
  ],
  ['kubernetes', 'a namespace in a list', pods({ namespace: ['shop'] }), 'platform-fact-form'],
  ['kubernetes', 'private claims that are a text', { 'kubernetes.io': 'shop' }, 'platform-fact-there'],
  [
    'kubernetes',
    'the API server as a second audience',
    { aud: ['https://orders.example.org', platforms.kubernetes.issuer] },
    'platform-value-refused',
  ],
  ['github-actions', 'a stranger, who is on GitHub too', { repository_owner_id: '66' }, 'platform-pinned'],
  ['github-actions', 'an owner whose id begins alike', { repository_owner_id: '650' }, 'platform-pinned'],
  ['github-actions', 'an owner whose id is a number', { repository_owner_id: 65 }, 'platform-fact-form'],
  ['github-actions', 'an owner by name alone', { repository_owner_id: undefined }, 'platform-fact-there'],
  ['github-actions', 'a pull request', { event_name: 'pull_request' }, 'platform-value-refused'],
  [
    'github-actions',
    'a pull request with the rights of its target',
    { event_name: 'pull_request_target' },
    'platform-value-refused',
  ],
  ['github-actions', 'no event', { event_name: undefined }, 'platform-fact-there'],
  ['github-actions', 'protection that is a boolean', { ref_protected: true }, 'platform-fact-form'],
  ['github-actions', 'protection that is no truth', { ref_protected: 'yes' }, 'platform-fact-form'],
  ['gitlab-ci', 'another namespace', { namespace_id: '7' }, 'platform-pinned'],
  [
    'gitlab-ci',
    'a job of another project, as in a pipeline of a fork',
    { job_project_id: '21' },
    'platform-claims-agree',
  ],
  ['gitlab-ci', 'protection that is a boolean', { ref_protected: true }, 'platform-fact-form'],
  ['gitlab-ci', 'a runner whose id is a text', { runner_id: '1' }, 'platform-fact-form'],
  ['gitlab-ci', 'no project id', { project_id: undefined }, 'platform-fact-there'],
  ['circleci', 'a job with a person in it', { 'oidc.circleci.com/ssh-rerun': true }, 'platform-value-refused'],
  [
    'circleci',
    'a claim about that which is no boolean',
    { 'oidc.circleci.com/ssh-rerun': 'true' },
    'platform-fact-form',
  ],
  ['circleci', 'another organization than its issuer', { 'oidc.circleci.com/org-id': uuid('f') }, 'platform-pinned'],
  ['circleci', 'no project', { 'oidc.circleci.com/project-id': undefined }, 'platform-fact-there'],
  ['buildkite', 'another organization', { organization_id: uuid('f') }, 'platform-pinned'],
  ['buildkite', 'an organization by slug alone', { organization_id: undefined }, 'platform-fact-there'],
  ['gcp', 'another project', google({ project_id: 'evil-prod' }), 'platform-pinned'],
  ['gcp', 'no instance, where a project is pinned', { google: undefined }, 'platform-pinned'],
  ['gcp', 'an address nobody verified', { email_verified: false }, 'platform-value-demanded'],
  ['gcp', 'an address verified in a text', { email_verified: 'true' }, 'platform-value-demanded'],
  ['gcp', 'a person', { email: 'alice@example.org' }, 'platform-fact-form'],
  ['gcp', 'a project number in a text', google({ project_number: '739419' }), 'platform-fact-form'],
  ['azure', 'a person was there', { scp: 'access_as_user' }, 'platform-value-refused'],
  ['azure', 'a person says so', { idtyp: 'user' }, 'platform-value-refused'],
  ['azure', 'a subject of its own for each application', { sub: 'HKZpfaHyWadeOouYlitjrI' }, 'platform-claims-agree'],
  ['azure', 'another tenant than its issuer', { tid: uuid('f') }, 'platform-pinned'],
  ['azure', 'no application', { azp: undefined }, 'platform-fact-there'],
  ['azure', 'two applications', { appid: uuid('f') }, 'platform-fact-one-value'],
  [
    'azure',
    "Azure's management as a second audience",
    { aud: ['https://orders.example.org', 'https://management.azure.com/'] },
    'platform-value-refused',
  ],
] // prettier-ignore

test.each(rows)('%s: refused: %s', (name, _, defect, clause) =>
  refusesOnly(platformGate(name), platformToken(name, { jti: 'twin' }), platformToken(name, defect), {
    code: 'CREDENTIAL_REFUSED',
    clause,
  }),
)

test.each<[PlatformName, string, Changes]>([
  ['github-actions', 'without a deployment environment', { environment: undefined }],
  ['github-actions', 'with the subject of before', { sub: 'repo:acme/shop:ref:refs/heads/main' }],
  ['gitlab-ci', 'whose job is of its project', { job_project_id: '20' }],
  ['azure', 'of version 1', { azp: undefined, appid: uuid('b') }],
  ['azure', 'without idtyp', { idtyp: undefined }],
  ['kubernetes', 'of a node', pods({ pod: undefined })],
])('%s: taken: a token %s', async (name, _, changes) => {
  expect(await platformGate(name)(platformToken(name, changes))).toMatchObject({ ok: true })
})

test('facts are texts, each with its source', async () => {
  const gcp = await platformGate('gcp', { environment: 'production' })(platformToken('gcp'))
  expect(gcp).toMatchObject({
    ok: true,
    value: {
      attested: { environment: 'production', project_id: 'shop-prod', project_number: '739419', zone: 'us-west1-a' },
      attestedSources: { environment: 'config', project_number: 'token' },
    },
  })
  const kubernetes = await platformGate('kubernetes')(platformToken('kubernetes'))
  expect(kubernetes).toMatchObject({
    ok: true,
    value: { attested: { cluster: 'prod-eu', namespace: 'shop', pod: 'checkout-0', pod_uid: uuid('2') } },
  })
})

test('a Google token without an instance is that of an account, which can be pinned, and attests nothing', async () => {
  const gate = platformGate('gcp', { pins: { service_account_id: ['107517467455664443766'] } })
  const standard = await gate(platformToken('gcp', { google: undefined }))
  expect(standard).toMatchObject({ ok: true, value: { subject: { assurance: { attested: false } } } })
  expect(await gate(platformToken('gcp', { google: undefined, sub: '107517467455664443767' }))).toMatchObject({
    clause: 'platform-pinned',
  })
})

describe('a token that lives a year', () => {
  const year = { iat: at - 10, exp: at + 31_536_000, ...pods({ warnafter: at - 10 + 3_607 }) }
  const gate = platformGate('kubernetes', { maxLifetime: seconds(3_607) })

  test('ends when it should have been replaced, and says so', async () => {
    expect(await gate(platformToken('kubernetes', year))).toMatchObject({
      ok: true,
      value: { expiresAt: noon - 10_000 + 3_607_000, attested: { warn_after: String(at - 10 + 3_607) } },
    })
    const later = frameAt(plus(noon, seconds(3_640)))
    await refusesOnly(
      (token: string) => gate(token, {}, later),
      platformToken('kubernetes', { iat: at + 3_600, exp: at + 7_000 }),
      platformToken('kubernetes', year),
      { code: 'EXPIRED', clause: 'rfc7519-4.1.4-exp' },
    )
  })

  test('is refused where that is no date, and under a limit of an hour', async () => {
    const token = platformToken('kubernetes')
    const bad = platformToken('kubernetes', { ...year, ...pods({ warnafter: 'later' }) })
    await refusesOnly(gate, token, bad, { code: 'CREDENTIAL_MALFORMED', clause: 'rfc7519-2-numeric-date' })
    const hour = platformGate('kubernetes')
    const long = platformToken('kubernetes', year)
    await refusesOnly(hour, token, long, { code: 'CREDENTIAL_REFUSED', clause: 'jwt-lifetime' })
  })

  test('is no longer for an end after exp', async () => {
    const late = platformToken('kubernetes', pods({ warnafter: at + 9_000 }))
    expect(await gate(late)).toMatchObject({ ok: true, value: { expiresAt: noon + 300_000 } })
  })
})

describe('single use', () => {
  const both = { ...billing, audiences: ['https://orders.example.org'] }

  test.each<PlatformName>(['github-actions', 'gitlab-ci', 'circleci', 'buildkite'])(
    '%s: a token is good once for each service, also without an id of its own',
    async (name) => {
      const gate = platformGate(name)
      const token = platformToken(name)
      const first = await gate(token, { askId: 'a' })
      expect(first).toMatchObject({
        ok: true,
        value: { reusable: false, subject: { assurance: { single_use: true } } },
      })
      expect(await gate(token, { askId: 'b' })).toMatchObject({ code: 'REPLAYED', clause: 'first-use' })
      expect(await gate(token, { askId: 'c', service: both })).toMatchObject({ ok: true })
    },
  )

  test('50 presentations at once: exactly one is allowed', async () => {
    const gate = platformGate('github-actions')
    const token = platformToken('github-actions')
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => gate(token, { askId: `race-${i}` })))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
  })

  test('one that was issued ahead, and may have been used before a start, is not taken after it', async () => {
    const token = platformToken('github-actions', { iat: at + 20 })
    const startedBefore = (length: number) => {
      const startedAt = plus(noon, seconds(-length))
      const firstUse = createMemoryFirstUse({ startedAt, leeway: seconds(5), maximum: 10 })
      return createFirstGate({ verifiers: [platformVerifier('github-actions')], links: [], firstUse })
    }
    const ask = createAsk({ headers: bearer(token) })
    expect(await startedBefore(60)(ask)).toMatchObject({ ok: true })
    expect(await startedBefore(1)(ask)).toMatchObject({ code: 'FIRST_USE_UNAVAILABLE' })
  })

  test('is not demanded where configuration says so, nor of clusters and clouds', async () => {
    const reused = platformGate('gitlab-ci', { singleUse: false })
    const token = platformToken('gitlab-ci')
    for (const askId of ['a', 'b']) expect(await reused(token, { askId })).toMatchObject({ ok: true })
    const cluster = platformGate('kubernetes')
    const bound = platformToken('kubernetes')
    for (const askId of ['a', 'b']) expect(await cluster(bound, { askId })).toMatchObject({ ok: true })
  })
})

describe('what an operator must say', () => {
  const settings = (name: string, changes: Partial<PlatformSettings> = {}): PlatformSettings => {
    const known = Object.entries(platforms).find(([each]) => each === name)?.[1]
    return {
      issuer: known?.issuer ?? 'https://login.example.org',
      profiles: profiles.filter((profile) => profile.name === name),
      pins: {},
      role: 'subject',
      factNames: [],
      ...known?.settings,
      ...changes,
    }
  }
  const oidc = profiles.filter(({ name }) => name === 'oidc')

  test.each([...names, 'oidc'])('%s as it should be is no problem', (name) => {
    expect(platformProblem(settings(name))).toBeUndefined()
  })

  test('people of a shared issuer may be those acted for, and never who calls', () => {
    const people = settings('gcp', { profiles: oidc, pins: {}, role: 'delegation' })
    expect(platformProblem(people)).toBeUndefined()
    expect(platformProblem({ ...people, role: 'subject' })).toMatch(/everybody/)
  })

  test.each<[string, string, Partial<PlatformSettings>, RegExp]>([
    ['github-actions', 'no pins', { pins: {} }, /pin one of `pins.repository_owner_id`/],
    ['github-actions', 'a pin that is no id', { pins: { repository: ['acme/shop'] } }, /pin one of/],
    ['github-actions', 'a pattern', { pins: { repository_owner_id: ['*'] } }, /whole values/],
    [
      'github-actions',
      'a pattern of names',
      { pins: { repository_owner_id: ['65'], repository: ['acme/*'] } },
      /whole values/,
    ],
    ['github-actions', 'a pin of something else', { pins: { owner: ['65'] } }, /is no fact of `github-actions`/],
    ['github-actions', 'the profile of anybody', { profiles: oidc }, /set `profiles: \[github-actions\]`/],
    ['buildkite', 'the profile of anybody', { profiles: oidc }, /set `profiles: \[buildkite\]`/],
    [
      'buildkite',
      'a slug in place of an id',
      { pins: { organization: ['acme'] } },
      /pin one of `pins.organization_id`/,
    ],
    ['gitlab-ci', 'no pins', { pins: {} }, /pin one of `pins.project_id`/],
    ['gcp', 'no project', { pins: {} }, /pin one of `pins.project_id`/],
    [
      'gitlab-ci',
      'the profile of anybody on gitlab.com',
      { issuer: 'https://gitlab.com', profiles: oidc, pins: {} },
      /set `profiles: \[gitlab-ci\]`/,
    ],
    ['gcp', 'the profile of anybody', { profiles: oidc, pins: {} }, /set `profiles: \[gcp\]`/],
    ['gcp', 'another issuer', { issuer: 'https://accounts.google.com.evil.example' }, /has issuers of its own: https/],
    [
      'azure',
      'every tenant',
      { issuer: 'https://login.microsoftonline.com/common/v2.0' },
      /has issuers of its own: https/,
    ],
    [
      'azure',
      'every organization',
      { issuer: 'https://login.microsoftonline.com/organizations/v2.0' },
      /has issuers of its own: https/,
    ],
    ['circleci', 'every organization', { issuer: 'https://oidc.circleci.com' }, /has issuers of its own: https/],
    ['circleci', 'single_use, which it may', { singleUse: false, role: 'delegation' }, /says who calls/],
    ['kubernetes', 'no cluster', { cluster: undefined as never }, /`cluster: NAME`/],
    ['kubernetes', 'single_use', { singleUse: true }, /leave `single_use` out/],
    ['gcp', 'a cluster', { cluster: 'prod' }, /is for kubernetes/],
    [
      'kubernetes',
      'another profile beside it',
      { profiles: [...oidc, ...profiles.filter(({ name }) => name === 'kubernetes')] },
      /leave the others out/,
    ],
    ['kubernetes', 'a fact twice', { factNames: ['namespace'] }, /comes of the profile/],
    ['kubernetes', 'the cluster as a claim', { factNames: ['cluster'] }, /comes of the profile/],
    ['oidc', 'pins', { pins: { project_id: ['1'] } }, /for profiles of platforms/],
    ['oidc', 'single_use', { singleUse: false }, /for profiles of platforms/],
    ['oidc', 'a cluster', { cluster: 'prod' }, /for profiles of platforms/],
  ])('%s: refused: %s', (name, _, changes, problem) => {
    expect(platformProblem(settings(name, changes))).toMatch(problem)
  })
})
