import type { ProfileName } from '../../pdp/core/profile-names.ts'
import { ok } from '../../pdp/core/result.ts'
import { plus, seconds } from '../../pdp/core/time.ts'
import { profiles } from '../../pdp/identity/profiles/list.ts'
import { createIssuerJwtVerifier, type IssuerJwtSettings } from '../../pdp/identity/verifiers/issuer-jwt.ts'
import { createVerifiedTokens } from '../../pdp/jose/verified-tokens.ts'
import type { Introspector } from '../../pdp/seams.ts'
import { createStaticKeys } from '../../pdp/trust/static-keys.ts'
import { noon } from './clock.ts'
import { createTestKey, signJwt, type TestKey } from './keys.ts'
import type { Changes } from './world.ts'

// Tokens as platforms make them, good at noon for the orders service, and gates that take those of one platform.

export const platformKey = createTestKey('platform-1', { alg: 'ES256', use: 'sig' })

const at = noon / 1000
const uuid = (digit: string): string =>
  `${digit.repeat(8)}-${digit.repeat(4)}-${digit.repeat(4)}-${digit.repeat(4)}-${digit.repeat(12)}`
const times = { aud: 'https://orders.example.org', iat: at - 10, exp: at + 300 }

/** A platform of the tests: an issuer with its settings, and the claims of a token that is taken. */
export interface TestPlatform {
  readonly issuer: string
  readonly settings: Partial<IssuerJwtSettings>
  readonly claims: Changes
  readonly subject: string
}

export const platforms = {
  kubernetes: {
    issuer: 'https://cluster.example.org',
    settings: { cluster: 'prod-eu' },
    subject: 'system%3Aserviceaccount%3Ashop%3Acheckout',
    claims: {
      ...times,
      aud: ['https://orders.example.org'],
      nbf: at - 10,
      jti: 'k-1',
      sub: 'system:serviceaccount:shop:checkout',
      'kubernetes.io': {
        namespace: 'shop',
        serviceaccount: { name: 'checkout', uid: uuid('1') },
        pod: { name: 'checkout-0', uid: uuid('2') },
        node: { name: 'node-1', uid: uuid('3') },
      },
    },
  },
  'github-actions': {
    issuer: 'https://token.actions.githubusercontent.com',
    settings: { pins: { repository_owner_id: ['65'] } },
    subject: 'repository_id%3A74',
    claims: {
      ...times,
      nbf: at - 610,
      jti: 'g-1',
      sub: 'repo:acme@65/shop@74:ref:refs/heads/main',
      repository: 'acme/shop',
      repository_id: '74',
      repository_owner: 'acme',
      repository_owner_id: '65',
      repository_visibility: 'private',
      ref: 'refs/heads/main',
      ref_type: 'branch',
      ref_protected: 'true',
      event_name: 'push',
      head_ref: '',
      job_workflow_ref: 'acme/ci/.github/workflows/deploy.yml@refs/heads/main',
      runner_environment: 'github-hosted',
      environment: 'prod',
    },
  },
  'gitlab-ci': {
    issuer: 'https://gitlab.example.org',
    settings: { pins: { namespace_id: ['72'] } },
    subject: 'project_id%3A20',
    claims: {
      ...times,
      nbf: at - 15,
      jti: 'l-1',
      sub: 'project_path:acme/shop:ref_type:branch:ref:main',
      project_id: '20',
      project_path: 'acme/shop',
      namespace_id: '72',
      namespace_path: 'acme',
      ref: 'main',
      ref_type: 'branch',
      ref_protected: 'true',
      pipeline_source: 'push',
      environment_protected: 'false',
      runner_id: 1,
    },
  },
  circleci: {
    issuer: `https://oidc.circleci.com/org/${uuid('4')}`,
    settings: {},
    subject: `project_id%3A${uuid('5')}`,
    claims: {
      ...times,
      sub: `org/${uuid('4')}/project/${uuid('5')}/user/${uuid('6')}`,
      'oidc.circleci.com/org-id': uuid('4'),
      'oidc.circleci.com/project-id': uuid('5'),
      'oidc.circleci.com/vcs-ref': 'refs/heads/main',
      'oidc.circleci.com/ssh-rerun': false,
    },
  },
  buildkite: {
    issuer: 'https://agent.buildkite.com',
    settings: { pins: { organization_id: [uuid('7')] } },
    subject: `pipeline_id%3A${uuid('8')}`,
    claims: {
      ...times,
      sub: 'organization:acme:pipeline:shop:ref:refs/heads/main:commit:abc:step:deploy',
      organization_id: uuid('7'),
      organization_slug: 'acme',
      pipeline_id: uuid('8'),
      pipeline_slug: 'shop',
      build_branch: 'main',
      build_tag: null,
    },
  },
  gcp: {
    issuer: 'https://accounts.google.com',
    settings: { pins: { project_id: ['shop-prod'] } },
    subject: '107517467455664443766',
    claims: {
      ...times,
      sub: '107517467455664443766',
      azp: '107517467455664443766',
      email: 'checkout@shop-prod.iam.gserviceaccount.com',
      email_verified: true,
      google: {
        compute_engine: { project_id: 'shop-prod', project_number: 739_419, zone: 'us-west1-a', instance_id: '152986' },
      },
    },
  },
  azure: {
    issuer: `https://login.microsoftonline.com/${uuid('9')}/v2.0`,
    settings: {},
    subject: uuid('a'),
    claims: {
      ...times,
      tid: uuid('9'),
      oid: uuid('a'),
      sub: uuid('a'),
      azp: uuid('b'),
      idtyp: 'app',
      xms_mirid: '/subscriptions/s/resourcegroups/g/providers/Microsoft.Compute/virtualMachines/vm',
    },
  },
} as const satisfies Readonly<Record<Exclude<ProfileName, 'access-token' | 'oidc'>, TestPlatform>>

export type PlatformName = keyof typeof platforms

/** A token of a platform; a claim that is undefined is left out. */
export function platformToken(name: PlatformName, changes: Changes = {}, key: TestKey = platformKey): string {
  const { issuer, claims } = platforms[name]
  const all = Object.entries({ iss: issuer, ...claims, ...changes }).filter(([, value]) => value !== undefined)
  return signJwt(key, { alg: 'ES256', typ: 'JWT', kid: key.jwk.kid }, Object.fromEntries(all))
}

/** The verifier of one platform. */
export const platformVerifier = (name: PlatformName, changes: Partial<IssuerJwtSettings> = {}) => {
  const { issuer, settings }: TestPlatform = platforms[name]
  return createIssuerJwtVerifier({
    issuer,
    profiles: profiles.filter((profile) => profile.name === name),
    trust: createStaticKeys({ name: issuer, keys: [platformKey.verification], clock: () => noon }),
    tokens: createVerifiedTokens(),
    algorithms: ['ES256'],
    maxLifetime: seconds(3_600),
    skew: seconds(30),
    ...settings,
    ...changes,
  })
}

/** A cluster that knows the token with the id that its tokens have here, for both services, and no other. */
export const testReviewer: Introspector = {
  introspect: async (token, { now }) => {
    const { claims } = platforms.kubernetes
    const { jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      readonly jti: string
    }
    const { pod, node, serviceaccount } = claims['kubernetes.io']
    const bound = { 'pod-name': pod.name, 'pod-uid': pod.uid, 'node-name': node.name, 'node-uid': node.uid }
    const extra = Object.fromEntries(
      Object.entries(bound).map(([name, value]) => [`authentication.kubernetes.io/${name}`, [value]]),
    )
    const active = jti === claims.jti
    const user = { username: claims.sub, uid: serviceaccount.uid, extra }
    const audiences = ['https://orders.example.org', 'https://billing.example.org']
    const status = { authenticated: active, user, audiences }
    return ok({ response: { active, status }, asOf: now, until: plus(now, seconds(10)) })
  },
}
