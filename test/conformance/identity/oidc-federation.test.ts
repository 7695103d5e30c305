import { generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { type Instant, instant, seconds } from '../../../pdp/core/time.ts'
import { readJwk } from '../../../pdp/jose/read-jwk.ts'
import { createStaticKeys } from '../../../pdp/trust/static-keys.ts'
import type { IssuerJwtSettings } from '../../../pdp/identity/verifiers/issuer-jwt.ts'
import { frameAt } from '../../support/clock.ts'
import { createMemoryFirstUse } from '../../../pdp/first-use/memory-store.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { type PlatformName, platformVerifier } from '../../support/platforms.ts'
import { describeVectors } from '../../support/vectors.ts'
import { bearer, createAsk, createService } from '../../support/world.ts'

// Claims as platforms document them, signed with a key of our own as theirs, and read at a time at which they are good.

interface Sample {
  readonly id: string
  readonly kind: string
  readonly header?: Readonly<Record<string, string>>
  readonly claims: Readonly<Record<string, unknown>> & {
    readonly iss: string
    readonly iat: number
    readonly aud: string | readonly string[]
  }
  readonly facts: { readonly lifetimeSec: number; readonly nbfMinusIat: number | null }
}

interface Expectation {
  readonly profile: PlatformName
  readonly settings?: Partial<IssuerJwtSettings>
  readonly subject?: string
  readonly attested?: Readonly<Record<string, string>>
  readonly refused?: string
}

const github: Expectation = {
  profile: 'github-actions',
  settings: { pins: { repository_owner_id: ['65'], repository_id: ['74'] } },
  subject: 'repository_id%3A74',
  attested: {
    repository_owner_id: '65',
    repository_id: '74',
    repository: 'octo-org/octo-repo',
    repository_visibility: 'private',
    ref: 'refs/heads/main',
    event_name: 'workflow_dispatch',
    runner_environment: 'github-hosted',
    enterprise_id: '2',
    job_workflow_ref: 'octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main',
  },
}
const gitlab = { profile: 'gitlab-ci', settings: { pins: { project_id: ['20', '22'] } } } as const
const kubernetes = {
  profile: 'kubernetes',
  settings: { cluster: 'documented' },
  subject: 'system%3Aserviceaccount%3Amy-namespace%3Amy-serviceaccount',
  attested: {
    cluster: 'documented',
    namespace: 'my-namespace',
    service_account: 'my-serviceaccount',
    pod: 'my-pod',
    pod_uid: '5e0bd49b-f040-43b0-99b7-22765a53f7f3',
    node: 'my-node',
    node_uid: '646e7c5e-32d6-4d42-9dbd-e504e6cbe6b1',
  },
} as const
const account = { service_account: '123456789012-compute@developer.gserviceaccount.com' }

const expectations: Readonly<Record<string, Expectation>> = {
  'github-environment': { ...github, attested: { ...github.attested, deployment_environment: 'prod' } },
  'github-immutable-subject': github,
  'gitlab-id-token': {
    ...gitlab,
    subject: 'project_id%3A20',
    attested: {
      project_id: '20',
      namespace_id: '72',
      ref: 'feature-branch-1',
      ref_protected: 'false',
      deployment_environment: 'test-environment2',
      deployment_environment_protected: 'false',
      runner_id: '1',
      runner_environment: 'self-hosted',
    },
  },
  'gitlab-v1': { ...gitlab, refused: 'NOT_YET_VALID rfc7519-4.1.5-nbf' },
  'kubernetes-bound-pod': kubernetes,
  'kubernetes-warnafter': { ...kubernetes, refused: 'CREDENTIAL_REFUSED jwt-lifetime' },
  'azure-managed-identity': {
    profile: 'azure',
    subject: '33333333-4444-5555-6666-777777777777',
    attested: {
      tenant_id: '11111111-2222-3333-4444-555555555555',
      application_id: '22222222-3333-4444-5555-666666666666',
      object_id: '33333333-4444-5555-6666-777777777777',
      managed_identity:
        '/subscriptions/<subscription-id>/resourcegroups/my-resource-group/providers/Microsoft.Compute/virtualMachines/openai-wif-vm',
    },
  },
  'azure-user-v2': {
    profile: 'azure',
    settings: { maxLifetime: seconds(7_200) },
    refused: 'CREDENTIAL_REFUSED platform-value-refused',
  },
  'gcp-instance-full': {
    profile: 'gcp',
    settings: { pins: { project_id: ['my-project'] } },
    subject: '107517467455664443766',
    attested: {
      ...account,
      project_id: 'my-project',
      project_number: '739419398126',
      zone: 'us-west1-a',
      instance_id: '152986662232938449',
      instance: 'example',
      instance_created: '1496952205',
    },
  },
  'gcp-standard': {
    profile: 'gcp',
    settings: { pins: { service_account_id: ['107517467455664443766'] } },
    subject: '107517467455664443766',
    attested: account,
  },
}

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function signed({ header, claims }: Sample): string {
  const input = `${encode({ typ: 'JWT', ...header, alg: 'RS256', kid: 'k' })}.${encode(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
}

function gateAt(
  { profile, settings }: Expectation,
  iss: string,
  now: Instant,
  changes: Partial<IssuerJwtSettings> = {},
) {
  const key = readJwk({ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256' } as never, 'KEY_UNKNOWN')
  if (!key.ok) throw new Error(key.detail)
  const trust = createStaticKeys({ name: iss, keys: [key.value], clock: () => now })
  const verifier = platformVerifier(profile, { issuer: iss, trust, algorithms: ['RS256'], ...settings, ...changes })
  const firstUse = createMemoryFirstUse({ startedAt: instant(0), leeway: seconds(0), maximum: 10 })
  return createFirstGate({ verifiers: [verifier], links: [], firstUse })
}

const source = { folder: 'oidc-federation', originals: 'documentation of GitHub, GitLab, Kubernetes, Azure and Google' }
describeVectors('claims that platforms document', source, (read) => {
  const { samples } = read<{ readonly samples: readonly Sample[] }>('claims.json')
  const tokens = samples.filter(({ kind }) => kind === 'oidc-jwt')

  test('every sample has its row', () => {
    expect(tokens.map(({ id }) => id).sort()).toEqual(Object.keys(expectations).sort())
  })

  test.each(tokens.map((sample) => [sample.id, sample] as const))('%s', async (id, sample) => {
    const expectation = expectations[id]
    if (!expectation) throw new Error('has no row')
    const { iss, iat, aud } = sample.claims
    const now = instant((iat + 10) * 1_000)
    const service = createService('documented', { audiences: [aud].flat() })
    const ask = createAsk({ headers: bearer(signed(sample)), service })
    const answer = await gateAt(expectation, iss, now)(ask, frameAt(now))
    if (expectation.refused !== undefined) {
      expect(answer.ok ? 'allowed' : `${answer.code} ${answer.clause}`).toBe(expectation.refused)
      return
    }
    const { subject, attested } = expectation
    expect(answer).toMatchObject({ ok: true, value: { subject: { id: `${iss}#${subject}` }, attested } })
    expect(answer.ok && answer.value.subject?.assurance.lifetime_s).toBe(sample.facts.lifetimeSec)
  })

  test('a token for a year is good until it should be replaced, where a life of that length is taken', async () => {
    const sample = tokens.find(({ id }) => id === 'kubernetes-warnafter')
    if (!sample) throw new Error('is not among the samples')
    const now = instant((sample.claims.iat + 10) * 1_000)
    const service = createService('documented', { audiences: [sample.claims.aud].flat() })
    const gate = gateAt(kubernetes, sample.claims.iss, now, { maxLifetime: seconds(3_607) })
    expect(await gate(createAsk({ headers: bearer(signed(sample)), service }), frameAt(now))).toMatchObject({
      ok: true,
      value: { expiresAt: (sample.claims.iat + 3_607) * 1_000 },
    })
  })

  test('twins of those refused: the same with what is wrong put right', async () => {
    const right: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
      'gitlab-v1': { nbf: 1_585_710_281 },
      'azure-user-v2': { scp: undefined, sub: '690222be-ff1a-4d56-abd1-7e4f7d38e474' },
    }
    for (const [id, changes] of Object.entries(right)) {
      const sample = tokens.find((each) => each.id === id)
      const expectation = expectations[id]
      if (!sample || !expectation) throw new Error('is not among the samples')
      const claims = { ...sample.claims, ...changes }
      const now = instant((claims.iat + 10) * 1_000)
      const service = createService('documented', { audiences: [claims.aud].flat() })
      const gate = gateAt(expectation, claims.iss, now, { maxLifetime: seconds(7_200) })
      const answer = await gate(createAsk({ headers: bearer(signed({ ...sample, claims })), service }), frameAt(now))
      expect(answer, id).toMatchObject({ ok: true })
    }
  })
})
