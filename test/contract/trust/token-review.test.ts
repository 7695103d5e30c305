import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openGate } from '../../../pdp/cli/inspect/open-gate.ts'
import { loadConfig } from '../../../pdp/config/load-config.ts'
import type { Ask } from '../../../pdp/core/ask.ts'
import type { JsonObject } from '../../../pdp/core/json.ts'
import type { Refusal } from '../../../pdp/core/result.ts'
import { type Clock, plus, seconds } from '../../../pdp/core/time.ts'
import { createKubernetesReviewVerifier } from '../../../pdp/identity/verifiers/kubernetes-review.ts'
import { makeSecret } from '../../../pdp/keys/own-secret.ts'
import { createFetch } from '../../../pdp/net/fetch.ts'
import { timerSchedule } from '../../../pdp/net/schedule.ts'
import { createIntrospector } from '../../../pdp/trust/introspector.ts'
import { createAskTokenReview } from '../../../pdp/trust/token-review.ts'
import { type ApiServer, startApiServer } from '../../support/api-server.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { type Answer, json, raw, redirect, silent, sized, slowBody, status } from '../../support/issuer-server.ts'
import { createServerCertificate } from '../../support/server-certificate.ts'
import { platformKey, platforms, platformToken, platformVerifier } from '../../support/platforms.ts'
import { refusesOnly } from '../../support/twin.ts'
import { bearer, billing, type Changes, createAsk, strangerKey } from '../../support/world.ts'
import { createSite, type Site } from '../process/harness.ts'

// Tokens of a cluster before its API server, over TLS, with a service account of our own.

let server: ApiServer
let folder: string
beforeAll(async () => {
  server = await startApiServer()
  folder = await mkdtemp(join(tmpdir(), 'sallyport-review-'))
})
afterAll(async () => {
  await server.down()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  server.alter()
  server.instead()
  server.pod(pod)
  await writeFile(join(folder, 'token'), `${server.ownToken}\n`)
})

const k8s = platforms.kubernetes.claims['kubernetes.io']
const audience = 'https://orders.example.org'
const attribute = (name: string) => `authentication.kubernetes.io/${name}`
const extra: JsonObject = {
  [attribute('credential-id')]: ['JTI=k-1'],
  [attribute('pod-name')]: [k8s.pod.name],
  [attribute('pod-uid')]: [k8s.pod.uid],
  [attribute('node-name')]: [k8s.node.name],
  [attribute('node-uid')]: [k8s.node.uid],
}
const user: JsonObject = {
  username: 'system:serviceaccount:shop:checkout',
  uid: k8s.serviceaccount.uid,
  groups: ['system:serviceaccounts', 'system:authenticated'],
  extra,
}
const pod: JsonObject = {
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name: 'checkout-0', namespace: 'shop', uid: k8s.pod.uid },
  spec: { nodeName: k8s.node.name, serviceAccountName: 'checkout' },
}

interface Options {
  readonly checkPod?: boolean
  readonly maxCached?: number
  readonly clock?: Clock
  readonly timeout?: number
  readonly ca?: string
}

/** A gate that asks the API server, which remembers nothing unless told. */
function gateOf({ checkPod = false, maxCached = 0, clock = () => noon, timeout = 2, ca = server.ca }: Options = {}) {
  const reviewer = createIntrospector({
    ask: createAskTokenReview({
      server: server.origin,
      tokenFile: join(folder, 'token'),
      audiences: [audience, 'https://billing.example.org'],
      checkPod,
      fetch: createFetch({ ca, privateOrigins: [server.origin], timeout: seconds(timeout) }),
    }),
    clock,
    schedule: timerSchedule,
    maxCached: seconds(maxCached),
    concurrency: 4,
  })
  const verifier = createKubernetesReviewVerifier({ offline: platformVerifier('kubernetes'), reviewer, checkPod })
  const gate = createFirstGate({ verifiers: [verifier], links: [] })
  return (ask: Ask, frame = frameAt(noon, 10_000)) => gate(ask, frame)
}

/** A token that the cluster knows, with an id that the answer repeats. */
let made = 0
function knownToken(claims: Changes = {}, of: JsonObject = user): string {
  const jti = `k-${++made}`
  const token = platformToken('kubernetes', { jti, ...claims })
  const about = { ...(of['extra'] as JsonObject), [attribute('credential-id')]: [`JTI=${jti}`] }
  server.know(token, { user: { ...of, extra: about }, audiences: [audience] })
  return token
}
const askWith = (token: string) => createAsk({ headers: bearer(token) })

test('a token that the cluster knows is of its workload, and level 2', async () => {
  const caller = await gateOf({ maxCached: 10 })(askWith(knownToken()))
  expect(caller).toMatchObject({
    ok: true,
    value: {
      subject: { methods: ['kubernetes-review'], assurance: { level: 2, attested: true } },
      attested: { cluster: 'prod-eu', pod_uid: k8s.pod.uid },
      attestedSources: { cluster: 'config', namespace: 'review', pod_uid: 'review' },
      expiresAt: noon + 10_000,
    },
  })
  expect(server.asked.at(-1)).toMatchObject({
    kind: 'TokenReview',
    apiVersion: 'authentication.k8s.io/v1',
    spec: { audiences: [audience, 'https://billing.example.org'] },
  })
})

test('one that is bound to a node alone is level 1', async () => {
  const { pod: _, ...ofNode } = k8s
  const token = knownToken(
    { 'kubernetes.io': ofNode },
    { ...user, extra: { [attribute('node-name')]: [k8s.node.name], [attribute('node-uid')]: [k8s.node.uid] } },
  )
  expect(await gateOf()(askWith(token))).toMatchObject({ ok: true, value: { subject: { assurance: { level: 1 } } } })
})

const unavailable = 'TRUST_UNAVAILABLE'
const refused = 'CREDENTIAL_REFUSED'
const withUser = (changes: JsonObject) => (good: JsonObject) => ({
  ...good,
  user: { ...(good['user'] as JsonObject), ...changes },
})
const withExtra = (name: string, value?: JsonObject[string]) => (good: JsonObject) => {
  const { extra: said, ...of } = good['user'] as JsonObject
  const { [attribute(name)]: _, ...others } = said as JsonObject
  return { ...good, user: { ...of, extra: { ...others, ...(value !== undefined && { [attribute(name)]: value }) } } }
}
const without = (name: string) => (good: JsonObject) => {
  const { [name]: _, ...others } = good
  return others
}
const put = (changes: JsonObject) => (good: JsonObject) => ({ ...good, ...changes })

test.each<[string, (good: JsonObject) => JsonObject, string, string]>([
  ['authenticated: false', put({ authenticated: false }), refused, 'kubernetes-review-authenticated'],
  ['authenticated absent', without('authenticated'), refused, 'kubernetes-review-authenticated'],
  ['authenticated as a text', put({ authenticated: 'true' }), refused, 'kubernetes-review-authenticated'],
  ['an error beside it', put({ error: 'timed out' }), refused, 'kubernetes-review-error'],
  ['an error that is no text', put({ error: { a: 1 } }), refused, 'kubernetes-review-error'],
  [
    'no audiences, as of a server that knows none',
    without('audiences'),
    'AUDIENCE_REFUSED',
    'kubernetes-review-audience',
  ],
  ['an empty list of audiences', put({ audiences: [] }), 'AUDIENCE_REFUSED', 'kubernetes-review-audience'],
  [
    'another audience',
    put({ audiences: ['https://billing.example.org'] }),
    'AUDIENCE_REFUSED',
    'kubernetes-review-audience',
  ],
  [
    'an audience that begins alike',
    put({ audiences: [`${audience}.evil`] }),
    'AUDIENCE_REFUSED',
    'kubernetes-review-audience',
  ],
  ['audiences as a text', put({ audiences: audience }), 'AUDIENCE_REFUSED', 'kubernetes-review-audience'],
  [
    'another service account',
    withUser({ username: 'system:serviceaccount:shop:admin' }),
    refused,
    'kubernetes-review-user',
  ],
  ['a service account made anew', withUser({ uid: k8s.pod.uid }), refused, 'kubernetes-review-user'],
  ['nothing of the bound objects', withUser({ extra: null }), refused, 'kubernetes-review-bound-object'],
  ['no user', without('user'), refused, 'kubernetes-review-user'],
  ['another pod of the name', withExtra('pod-uid', [k8s.node.uid]), refused, 'kubernetes-review-bound-object'],
  ['no uid of the pod', withExtra('pod-uid'), refused, 'kubernetes-review-bound-object'],
  ['two pods', withExtra('pod-uid', [k8s.pod.uid, k8s.node.uid]), refused, 'kubernetes-review-bound-object'],
  ['a uid of the pod as a text', withExtra('pod-uid', k8s.pod.uid), refused, 'kubernetes-review-bound-object'],
  ['another node', withExtra('node-name', ['node-2']), refused, 'kubernetes-review-bound-object'],
  ['another token', withExtra('credential-id', ['JTI=other']), refused, 'kubernetes-review-credential-id'],
])('refused where the cluster says: %s', async (_, alter, code, clause) => {
  const gate = gateOf()
  const check = (change: boolean) => {
    server.alter(change ? alter : undefined)
    return gate(askWith(knownToken()))
  }
  await refusesOnly(check, false, true, { code: code as Refusal['code'], clause })
})

test('a pod that the token does not name makes it the token of another', async () => {
  const { pod: _, ...ofNode } = k8s
  const check = (bound: boolean) => {
    const { [attribute('pod-uid')]: uid, ...others } = extra
    return gateOf()(askWith(knownToken({ 'kubernetes.io': ofNode }, { ...user, extra: bound ? extra : others })))
  }
  await refusesOnly(check, false, true, { code: refused, clause: 'kubernetes-review-bound-object' })
})

test('the id of a token, where the token has none, is that of another', async () => {
  const check = (hasId: boolean) => gateOf()(askWith(knownToken(hasId ? {} : { jti: undefined })))
  await refusesOnly(check, true, false, { code: refused, clause: 'kubernetes-review-credential-id' })
})

test('servers of before say no id of the token', async () => {
  server.alter(withExtra('credential-id'))
  expect(await gateOf()(askWith(knownToken()))).toMatchObject({ ok: true })
})

describe('a pod that was deleted', () => {
  test('is refused once the cluster refuses its tokens, after max_cached_s at the latest', async () => {
    let now = noon
    const gate = gateOf({ maxCached: 10, clock: () => now })
    const token = knownToken()
    const before = server.asked.length
    const at = (after: number) => {
      now = plus(noon, seconds(after))
      return gate(askWith(token), frameAt(now, 10_000))
    }
    expect(await at(0)).toMatchObject({ ok: true })
    server.forget(token)
    expect(await at(9)).toMatchObject({ ok: true })
    expect(server.asked.length - before).toBe(1)
    expect(await at(11)).toMatchObject({ code: refused, clause: 'kubernetes-review-authenticated' })
  })

  const { metadata, spec } = pod as { readonly metadata: JsonObject; readonly spec: JsonObject }
  test.each<[string, JsonObject | undefined]>([
    ['there is none', undefined],
    ['it is another of its name', { ...pod, metadata: { ...metadata, uid: k8s.node.uid } }],
    ['it is on its way out', { ...pod, metadata: { ...metadata, deletionTimestamp: '2026-03-02T11:59:50Z' } }],
    ['it is on another node', { ...pod, spec: { ...spec, nodeName: 'node-2' } }],
    ['it has another service account', { ...pod, spec: { ...spec, serviceAccountName: 'admin' } }],
    ['it has no spec', { ...pod, spec: null }],
  ])('is refused at once with check_pod, and taken without, where %s', async (_, found) => {
    const gate = gateOf({ checkPod: true })
    const check = (present: JsonObject | undefined) => {
      server.pod(present)
      return gate(askWith(knownToken()))
    }
    await refusesOnly(check, pod, found as JsonObject, { code: refused, clause: 'kubernetes-review-pod-there' })
    expect(await gateOf()(askWith(knownToken()))).toMatchObject({ ok: true })
  })

  test('a pod whose name leads elsewhere is not looked up', async () => {
    const asked = server.requests.length
    const claims = { 'kubernetes.io': { ...k8s, pod: { ...k8s.pod, name: '../../secrets/x' } } }
    const about = { ...extra, [attribute('pod-name')]: ['../../secrets/x'] }
    expect(await gateOf({ checkPod: true })(askWith(knownToken(claims, { ...user, extra: about })))).toMatchObject({
      code: refused,
      clause: 'kubernetes-review-pod-there',
    })
    expect(server.requests.slice(asked)).toEqual(['/apis/authentication.k8s.io/v1/tokenreviews'])
  })

  test.each<[string, (good: JsonObject) => JsonObject, string]>([
    ['no user', without('user'), 'kubernetes-review-user'],
    ['two names', withExtra('pod-name', ['checkout-0', 'checkout-1']), 'kubernetes-review-bound-object'],
  ])('a pod that the answer does not name is not looked up: %s', async (_, alter, clause) => {
    const gate = gateOf({ checkPod: true })
    const check = (change: boolean) => {
      server.alter(change ? alter : undefined)
      return gate(askWith(knownToken()))
    }
    const before = server.requests.length
    await refusesOnly(check, false, true, { code: refused, clause })
    expect(server.requests.slice(before).filter((path) => path.includes('/pods/'))).toHaveLength(1) // of the twin
  })

  test('a server that does not answer about pods is no answer', async () => {
    const gate = gateOf({ checkPod: true })
    const check = (broken: boolean) => {
      if (broken) server.answer('/api/v1/namespaces/shop/pods/checkout-0', status(500))
      else server.pod(pod)
      return gate(askWith(knownToken()))
    }
    await refusesOnly(check, false, true, { code: unavailable, clause: 'token-review-answered' })
  })

  test('what is no pod is no answer', async () => {
    const gate = gateOf({ checkPod: true })
    const check = (found: JsonObject) => {
      server.pod(found)
      return gate(askWith(knownToken()))
    }
    for (const other of [{ kind: 'Status' }, { ...pod, metadata: {} }, { ...pod, metadata: 'x' }]) {
      await refusesOnly(check, pod, other, { code: unavailable, clause: 'token-review-pod-shape' })
    }
  })
})

test.each<[string, Answer, string]>([
  ['a redirect', redirect('https://evil.example/'), 'token-review-answered'],
  ['our account refused', status(403), 'token-review-answered'],
  ['an error of the server', status(500), 'token-review-answered'],
  ['a list', json([]), 'token-review-shape'],
  ['another kind', json({ kind: 'Status', apiVersion: 'v1', status: 'Failure' }), 'token-review-shape'],
  [
    'another version',
    json({ kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1beta1', status: { authenticated: true } }),
    'token-review-shape',
  ],
  ['no status', json({ kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1' }), 'token-review-shape'],
  ['no JSON by its type', json({}, 'text/html'), 'token-review-answered'],
  ['garbage', raw('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 3\r\n\r\n{"a'), 'json-syntax'],
  [
    'no UTF-8',
    (_, response) => void response.setHeader('content-type', 'application/json').end(Buffer.from([0xff])),
    'token-review-utf8',
  ],
  [
    'two statuses',
    (_, response) =>
      void response
        .setHeader('content-type', 'application/json')
        .end('{"status":{"authenticated":false},"status":{"authenticated":true}}'),
    'json-duplicate-key',
  ],
  ['too much', sized(600_000), 'token-review-answered'],
  ['a body without end', slowBody(20), 'token-review-answered'],
  ['silence', silent, 'token-review-answered'],
  ['a cut connection', ({ socket }) => void socket.destroy(), 'token-review-answered'],
])('what is no answer is TRUST_UNAVAILABLE: %s', async (_, answer, clause) => {
  const gate = gateOf({ timeout: 0.4 })
  const check = (broken: boolean) => {
    server.instead(broken ? answer : undefined)
    return gate(askWith(knownToken()))
  }
  await refusesOnly(check, false, true, { code: unavailable, clause })
})

test('what the keys of the cluster refuse is not shown to it', async () => {
  const gate = gateOf()
  const before = server.asked.length
  for (const token of [
    platformToken('kubernetes', {}, strangerKey),
    platformToken('kubernetes', { exp: noon / 1000 - 60, iat: noon / 1000 - 120 }),
    platformToken('kubernetes', { aud: platforms.kubernetes.issuer }),
    'a.b.c',
  ]) {
    expect(await gate(askWith(token))).toMatchObject({ ok: false })
  }
  expect(server.asked.length).toBe(before)
})

test('a token for one service is refused at another, whoever asked first', async () => {
  const gate = gateOf({ maxCached: 10 })
  const token = knownToken({ aud: [audience, 'https://billing.example.org'] })
  expect(await gate(askWith(token))).toMatchObject({ ok: true })
  expect(await gate(createAsk({ headers: bearer(token), service: billing }))).toMatchObject({
    code: 'AUDIENCE_REFUSED',
    clause: 'kubernetes-review-audience',
  })
})

describe('our own token', () => {
  test('is read anew, since clusters replace it', async () => {
    const gate = gateOf()
    await writeFile(join(folder, 'token'), 'an-old-one')
    expect(await gate(askWith(knownToken()))).toMatchObject({ code: unavailable, clause: 'token-review-answered' })
    await writeFile(join(folder, 'token'), server.ownToken)
    expect(await gate(askWith(knownToken()))).toMatchObject({ ok: true })
  })

  test.each([
    ['', 'token-review-own-token'],
    ['two words', 'token-review-own-token'],
    ['x'.repeat(20_000), 'trust-file-size'],
  ])('is one token: %#', async (text, clause) => {
    const gate = gateOf()
    const check = async (content: string) => {
      await writeFile(join(folder, 'token'), content)
      return gate(askWith(knownToken()))
    }
    await refusesOnly(check, server.ownToken, text, { code: unavailable, clause })
  })

  test('goes to the server of that certificate authority alone', async () => {
    const check = (ca: string) => gateOf({ ca })(askWith(knownToken()))
    const other = createServerCertificate(['kubernetes.default.svc']).cert
    await refusesOnly(check, server.ca, other, { code: unavailable, clause: 'token-review-answered' })
  })
})

test('asks about one token share a review, and no more than a few are on their way', async () => {
  const gate = gateOf({ maxCached: 10 })
  const token = knownToken()
  const before = server.asked.length
  const answers = await Promise.all(Array.from({ length: 20 }, () => gate(askWith(token))))
  expect(answers.every(({ ok }) => ok)).toBe(true)
  expect(server.asked.length - before).toBe(1)
  const hasty = gateOf({ timeout: 0.2 })
  server.instead(silent)
  const many = await Promise.all(Array.from({ length: 30 }, () => hasty(askWith(knownToken()))))
  expect(many.map((answer) => (answer.ok ? 'allowed' : answer.code))).toEqual(
    Array.from({ length: 30 }, () => unavailable),
  )
  expect(many.filter((answer) => !answer.ok && answer.clause === 'introspection-room').length).toBeGreaterThan(0)
})

describe('a configuration with review', () => {
  let site: Site
  beforeAll(async () => {
    site = await createSite()
    await site.file('cluster.json', JSON.stringify({ keys: [platformKey.jwk] }))
    await site.file('ca.pem', server.ca)
    await site.file('own-token', server.ownToken)
  })
  afterAll(() => site.remove())

  const opened = async (review: JsonObject) => {
    const { issuer } = platforms.kubernetes
    const files = { server: server.origin, ca: 'file:ca.pem', token: 'file:own-token' }
    const anchor = {
      issuer,
      jwks: 'file:cluster.json',
      profiles: ['kubernetes'],
      cluster: 'prod-eu',
      allow_private: true,
    }
    await site.configure({ trust: [{ ...anchor, review: { ...files, ...review } }] })
    const loaded = await loadConfig({ file: join(site.folder, 'sallyport.yaml'), environment: {}, flags: [] })
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
    const surroundings = { clock: () => noon, random: () => 0, secret: makeSecret(randomBytes) }
    return openGate(loaded.config, surroundings)
  }

  test.each([
    [true, refused],
    [false, 'allowed'],
  ])('asks its cluster; check_pod: %s', async (check_pod, expected) => {
    const gate = await opened({ check_pod })
    const service = gate.services.get('orders')
    const verify = (token: string) =>
      gate.verify(createAsk({ headers: bearer(token), ...(service && { service }) }), frameAt(noon, 10_000))
    expect(await verify(knownToken())).toMatchObject({
      ok: true,
      value: { subject: { methods: ['kubernetes-review'] } },
    })
    expect(await verify(platformToken('kubernetes'))).toMatchObject({ clause: 'kubernetes-review-authenticated' })
    server.pod()
    const answer = await verify(knownToken())
    expect(answer.ok ? 'allowed' : answer.code).toBe(expected)
    gate.close()
  })

  test('whose authority cannot be read does not start', async () => {
    await expect(opened({ ca: 'file:absent.pem' })).rejects.toThrow(/review.ca: .* cannot be read/)
  })
})
