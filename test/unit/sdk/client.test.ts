import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type Ask, type ClientOptions, createClient, type FailureCode } from '../../../sdk/index.ts'
import { allow, answering, ask, jsonReply } from './replies.ts'

const url = 'http://127.0.0.1:7070'
const clientOf = (fetch: NonNullable<ClientOptions['fetch']>, more: Partial<ClientOptions> = {}) =>
  createClient({ url, service: 'orders', key: 'sp_pep_key', fetch, ...more })
const never = () => new Promise<Response>(() => {})
const cut = () => Promise.reject(new TypeError('fetch failed'))

test('an allow is what the decision point answered', async () => {
  const { fetch, sent } = answering(() => jsonReply(allow))
  expect(await clientOf(fetch).authorize(ask)).toEqual({ ...allow, local: false })
  expect(sent).toMatchObject([{ url: `${url}/authorize/orders`, body: ask, redirect: 'manual' }])
  expect(sent[0]?.headers.get('authorization')).toBe('Bearer sp_pep_key')
})

test('a deny is what the decision point answered', async () => {
  const deny = { ...allow, decision: 'deny', code: 'POLICY_DENIED', respond: { status: 403, headers: {} } }
  const { fetch } = answering(() => jsonReply(deny))
  expect(await clientOf(fetch).authorize(ask)).toEqual({ ...deny, local: false })
})

describe('what is no answer to go by is a deny that says so', () => {
  const problem = { type: 'urn:sallyport:problem:SHED', code: 'SHED', status: 503 }
  const rows: readonly (readonly [string, () => Response | Promise<Response>, FailureCode, number])[] = [
    ['no connection', cut, 'UNREACHABLE', 503],
    ['no answer', never, 'TIMEOUT', 503],
    ['a body that does not end', () => jsonStream(new ReadableStream()), 'TIMEOUT', 503],
    ['a body that breaks off', () => jsonStream(breaking()), 'UNREACHABLE', 503],
    ['no JSON', () => jsonText('<html>'), 'REPLY_MALFORMED', 500],
    [
      'JSON under another media type',
      () => jsonReply(allow, 200, { 'content-type': 'text/html' }),
      'REPLY_MALFORMED',
      500,
    ],
    ['half of it', () => jsonText(JSON.stringify(allow).slice(0, -9)), 'REPLY_MALFORMED', 500],
    ['null', () => jsonReply(null), 'REPLY_MALFORMED', 500],
    ['a list', () => jsonReply([allow]), 'REPLY_MALFORMED', 500],
    ['the answer of an old version', () => jsonReply({ allow: true }), 'REPLY_MALFORMED', 500],
    ['more than a MiB', () => jsonReply({ ...allow, x: 'x'.repeat(1_048_576) }), 'REPLY_MALFORMED', 500],
    ['an allow with status 500', () => jsonReply(allow, 500), 'REFUSED', 503],
    ['an allow with status 201', () => jsonReply(allow, 201), 'REFUSED', 500],
    ['a redirect', () => jsonReply(allow, 307, { location: 'https://evil.example/' }), 'REFUSED', 500],
    ['shed', () => jsonReply(problem, 503, { 'retry-after': '1' }), 'REFUSED', 503],
    ['a wrong key', () => jsonReply({ code: 'PEP_UNAUTHENTICATED' }, 401), 'REFUSED', 500],
  ]
  test.each(rows)('%s', async (_, answer, code, status) => {
    const client = (given: typeof answer) => clientOf(answering(given).fetch, { deadlineMs: 100 })
    expect(await client(() => jsonReply(allow)).authorize(ask), 'the twin').toMatchObject({ decision: 'allow' })
    const decision = await client(answer).authorize(ask)
    expect(decision).toMatchObject({ decision: 'deny', id: '', code, failure: { code }, respond: { status } })
    expect(JSON.stringify(decision)).not.toMatch(/secret|sp_pep_key/)
  })

  test('the refusal is named, and how long to wait is passed on', async () => {
    const { fetch } = answering(() => jsonReply(problem, 503, { 'retry-after': '7' }))
    expect(await clientOf(fetch).authorize(ask)).toMatchObject({
      failure: { problem: 'SHED', transient: true },
      respond: { status: 503, headers: { 'retry-after': '7' } },
    })
  })

  test('a fetch that throws at once, and an ask that is no JSON', async () => {
    const thrower = () => {
      throw new Error('eyJ.secret.token')
    }
    const decision = await clientOf(thrower).authorize(ask)
    expect(decision).toMatchObject({ decision: 'deny', code: 'UNREACHABLE' })
    expect(JSON.stringify(decision)).not.toContain('secret')
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    const { fetch } = answering(() => jsonReply(allow))
    expect(await clientOf(fetch).authorize({ ...ask, context: circle })).toMatchObject({ decision: 'deny' })
  })
})

describe('the deadline', () => {
  test('ends an ask although what was called does not heed its signal', async () => {
    const started = performance.now()
    expect(await clientOf(never, { deadlineMs: 50 }).authorize(ask)).toMatchObject({ failure: { code: 'TIMEOUT' } })
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  test('covers all attempts', async () => {
    const { fetch, sent } = answering(async () => {
      await delay(60)
      throw new TypeError('fetch failed')
    })
    expect(await clientOf(fetch, { deadlineMs: 90, attempts: 100 }).authorize(ask)).toMatchObject({ code: 'TIMEOUT' })
    expect(sent.length).toBeLessThanOrEqual(2)
  })

  test('one who stops waiting is answered with a deny, and says nothing of the decision point', async () => {
    const { fetch } = answering(never, () => jsonReply(allow))
    const client = clientOf(fetch, { breaker: { failures: 1 } })
    const { signal, abort } = giveUp()
    const waiting = client.authorize(ask, { signal })
    abort()
    expect(await waiting).toMatchObject({ decision: 'deny', code: 'TIMEOUT' })
    expect(await client.authorize(ask)).toMatchObject({ decision: 'allow' })
  })
})

describe('attempts', () => {
  test('carry one id, so that a retry is no replay; another ask has another', async () => {
    const { fetch, sent } = answering(cut, () => jsonReply(allow))
    const client = clientOf(fetch)
    expect(await client.authorize(ask)).toMatchObject({ decision: 'allow' })
    await client.authorize(ask)
    const [first, second, third] = sent.map(({ headers }) => headers.get('idempotency-key'))
    expect(first).toMatch(/^[0-9a-f-]{36}$/)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
  })

  test('end where an answer came, whatever it says', async () => {
    const { fetch, sent } = answering(() => jsonReply({ code: 'SHED' }, 503))
    await clientOf(fetch, { attempts: 5 }).authorize(ask)
    expect(sent).toHaveLength(1)
  })
})

test('the circuit opens after failures in a row, denies without asking, and closes with an answer', async () => {
  let down = true
  const { fetch, sent } = answering(() => (down ? cut() : jsonReply(allow)))
  const client = clientOf(fetch, { attempts: 1, breaker: { failures: 3, pauseMs: 40 } })
  for (let i = 0; i < 3; i++) expect(await client.authorize(ask)).toMatchObject({ code: 'UNREACHABLE' })
  expect(await client.authorize(ask)).toMatchObject({ decision: 'deny', code: 'CIRCUIT_OPEN' })
  expect(sent).toHaveLength(3)
  down = false
  await expect.poll(async () => (await client.authorize(ask)).decision).toBe('allow')
  expect(await client.authorize(ask)).toMatchObject({ decision: 'allow' })
})

describe('several checks', () => {
  const check = { action: { name: 'read' }, resource: { type: 'order', id: '42' } }
  const several: Ask = { request: ask.request ?? { method: 'GET', url }, checks: [check, check] }
  const result = { decision: 'allow', code: 'ALLOWED', reasons: [], obligations: [] } as const
  const refused = { ...result, decision: 'deny', code: 'POLICY_DENIED' } as const

  test('are answered one by one', async () => {
    const { fetch } = answering(() => jsonReply({ ...allow, results: [result, result] }))
    expect(await clientOf(fetch).authorize(several)).toMatchObject({ decision: 'allow', results: [result, result] })
  })

  const rows = [
    ['one result too few', [result]],
    ['one too many', [result, result, result]],
    ['none', undefined],
    ['an allow of the whole with a deny among them', [result, refused]],
    ['an allow that is none', [result, { ...result, code: 'POLICY_DENIED' }]],
  ] as const
  test.each(rows)('%s: all are denied', async (_, results) => {
    const { fetch } = answering(() => jsonReply({ ...allow, results }))
    const decision = await clientOf(fetch).authorize(several)
    expect(decision).toMatchObject({ decision: 'deny', code: 'REPLY_MALFORMED' })
    expect(decision.results?.map(({ decision: each }) => each)).toEqual(['deny', 'deny'])
  })

  test('a list of one has one result', async () => {
    const { fetch } = answering(() => jsonReply(allow))
    const { results } = await clientOf(fetch).authorize({ ...several, checks: [check] })
    expect(results).toMatchObject([{ decision: 'allow', code: 'ALLOWED' }])
  })
})

test('an allow that asks for what nobody performs is a deny', async () => {
  const obliged = { ...allow, obligations: [{ id: '1', type: 'mask', properties: { fields: ['card'] } }] }
  const { fetch } = answering(() => jsonReply(obliged))
  expect(await clientOf(fetch, { obligations: ['mask'] }).authorize(ask)).toMatchObject({ decision: 'allow' })
  expect(await clientOf(fetch, { obligations: ['Mask'] }).authorize(ask)).toMatchObject({
    decision: 'deny',
    failure: { code: 'OBLIGATION_UNHANDLED' },
  })
})

describe('allows that may be reused', () => {
  const reusable = { ...allow, reuse_max_age_s: 30 }

  test('are answered here for the very same ask alone', async () => {
    const { fetch, sent } = answering(() => jsonReply(reusable))
    const client = clientOf(fetch)
    expect(await client.authorize(ask)).toMatchObject({ local: false })
    expect(await client.authorize(structuredClone(ask))).toEqual({ ...reusable, local: true })
    const others: readonly Ask[] = [
      { ...ask, action: { name: 'write' } },
      { ...ask, request: { ...ask.request, method: 'GET', url: 'https://orders.example.org/v1/orders/43' } },
      { ...ask, request: { method: 'GET', url: 'https://orders.example.org/v1/orders/42', headers: {} } },
      { ...ask, context: {} },
    ]
    for (const other of others) expect(await client.authorize(other)).toMatchObject({ local: false })
    expect(await client.authorize(ask, { service: 'billing' })).toMatchObject({ local: false })
    expect(await client.authorize(ask, { fresh: true })).toMatchObject({ local: false })
    expect(sent).toHaveLength(1 + others.length + 2)
    expect(sent.at(-1)?.headers.get('cache-control')).toBe('no-cache')
    client.forget()
    expect(await client.authorize(ask)).toMatchObject({ local: false })
  })

  const rows = [
    ['may not be reused', { ...reusable, reuse_max_age_s: 0 }],
    ['asks for something', { ...reusable, obligations: [{ id: '1', type: 'mask', properties: {} }] }],
    ['is a deny', { ...reusable, decision: 'deny', code: 'POLICY_DENIED', respond: { status: 403, headers: {} } }],
  ] as const
  test.each(rows)('what %s is asked again', async (_, reply) => {
    const { fetch, sent } = answering(() => jsonReply(reply))
    const client = clientOf(fetch, { obligations: ['mask'] })
    await client.authorize(ask)
    expect(await client.authorize(ask)).toMatchObject({ local: false })
    expect(sent).toHaveLength(2)
  })

  test('cannot be altered by one asker for another', async () => {
    const { fetch } = answering(() => jsonReply(reusable))
    const client = clientOf(fetch)
    const first = await client.authorize(ask)
    expect(() => Object.assign(first.subject ?? {}, { id: 'spiffe://prod.example/admin' })).toThrow(TypeError)
    expect(await client.authorize(ask)).toEqual({ ...reusable, local: true })
  })
})

describe('options that cannot work, or would not be safe', () => {
  const rows = [
    ['https://pdp.internal', 'http://pdp.internal', /https/],
    ['http://127.0.0.1:7070', 'ftp://127.0.0.1:7070', /begin with/],
    ['https://pdp.internal', 'https://key@pdp.internal', /address alone/],
    ['https://pdp.internal/pdp/', 'https://pdp.internal/?key=1', /address alone/],
  ] as const
  test.each(rows)('%s is taken, %s is not', (good, bad, message) => {
    expect(createClient({ url: good })).toBeDefined()
    expect(() => createClient({ url: bad })).toThrow(message)
  })
})

const giveUp = () => {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}
const jsonText = (text: string) => new Response(text, { headers: { 'content-type': 'application/json' } })
const jsonStream = (body: ReadableStream<Uint8Array>) =>
  new Response(body, { headers: { 'content-type': 'application/json' } })
const breaking = () =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"decision":"allow"'))
      controller.error(new TypeError('terminated'))
    },
  })
