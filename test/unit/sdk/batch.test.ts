import { describe, expect, test } from 'vitest'
import { type Ask, type AskOptions, type ClientOptions, createClient, type Question } from '../../../sdk/index.ts'
import { allow, answering, jsonReply } from './replies.ts'

const url = 'http://127.0.0.1:7070'
const request = {
  method: 'GET',
  url: 'https://orders.example.org/v1/orders',
  headers: { authorization: 'Bearer eyJ.secret.token' },
}
const of = (id: string, more: Partial<Ask> = {}): Ask => ({
  request,
  action: { name: 'read' },
  resource: { type: 'order', id },
  ...more,
})
const obligation = { id: 'o', type: 'mask_fields', properties: {} }

/** What a decision point answers to `checks`: `deny…` is denied, `oblige…` has an obligation. */
function replyTo({ checks }: { readonly checks?: readonly Question[] }, reuse = 30) {
  if (!checks) return { ...allow, reuse_max_age_s: reuse }
  const results = checks.map(({ resource: { id } }) => ({
    decision: id.startsWith('deny') ? 'deny' : 'allow',
    code: id.startsWith('deny') ? 'POLICY_DENIED' : 'ALLOWED',
    reasons: [{ code: id, message: id }],
    obligations: id.startsWith('oblige') ? [obligation] : [],
  }))
  const isDenied = results.some(({ decision }) => decision === 'deny')
  const whole = isDenied
    ? {
        decision: 'deny',
        code: 'POLICY_DENIED',
        respond: { status: 403, headers: { 'x-note': '1' } },
        reuse_max_age_s: 0,
      }
    : { obligations: results.flatMap(({ obligations }) => obligations), reuse_max_age_s: reuse }
  return { ...allow, ...whole, results }
}

function point(reply: (body: Ask) => object = replyTo) {
  const bodies: Ask[] = []
  const fetch: NonNullable<ClientOptions['fetch']> = async (_, { body }) => {
    const ask = JSON.parse(String(body)) as Ask
    bodies.push(ask)
    return jsonReply(reply(ask))
  }
  const clientOf = (more: Partial<ClientOptions> = {}) =>
    createClient({ url, service: 'orders', fetch, batch: true, ...more })
  return { bodies, clientOf }
}

test('asks of one tick go out together, and each has its own answer', async () => {
  const { bodies, clientOf } = point()
  const client = clientOf()
  const [one, denied, other] = await Promise.all(['1', 'deny-2', '3'].map((id) => client.authorize(of(id))))
  expect(bodies).toEqual([
    {
      request,
      checks: ['1', 'deny-2', '3'].map((id) => ({ action: { name: 'read' }, resource: { type: 'order', id } })),
    },
  ])
  const whole = { id: allow.id, subject: allow.subject, local: false, reuse_max_age_s: 0 }
  expect(one).toMatchObject({
    ...whole,
    decision: 'allow',
    code: 'ALLOWED',
    reasons: [{ code: '1' }],
    respond: { status: 200, headers: {} },
  })
  expect(denied).toMatchObject({ ...whole, decision: 'deny', code: 'POLICY_DENIED', respond: { status: 403 } })
  expect(other).toMatchObject({ decision: 'allow', reasons: [{ code: '3' }] })
  for (const each of [one, denied, other]) expect(each).not.toHaveProperty('results')
})

test('not where nobody asked for it', async () => {
  const { bodies, clientOf } = point()
  const client = clientOf({ batch: false })
  await Promise.all(['1', '2'].map((id) => client.authorize(of(id))))
  expect(bodies.map(({ checks }) => checks)).toEqual([undefined, undefined])
})

describe('what goes out by itself', () => {
  const rows: readonly (readonly [string, Ask, AskOptions])[] = [
    ['other evidence', of('2', { request: { ...request, headers: { authorization: 'Bearer other' } } }), {}],
    ['another request', of('2', { request: { ...request, method: 'DELETE' } }), {}],
    [
      'credentials instead',
      of('2', { request: undefined as never, credentials: [{ type: 'bearer', token: 'x' }] }),
      {},
    ],
    ['another context', of('2', { context: { region: 'eu' } }), {}],
    ['another service', of('2'), { service: 'billing' }],
    ['a fresh answer', of('2'), { fresh: true }],
    ['a signal of its own', of('2'), { signal: new AbortController().signal }],
    ['the request alone', { request }, {}],
    [
      'several questions already',
      { request, checks: [{ action: { name: 'read' }, resource: { type: 'order', id: '2' } }] },
      {},
    ],
  ]
  test.each(rows)('%s', async (_, ask, options) => {
    const { bodies, clientOf } = point()
    const together = clientOf({ cache: 0 })
    await Promise.all([together.authorize(of('1')), together.authorize(of('2'))])
    expect(bodies.length, 'the twin').toBe(1)
    await Promise.all([together.authorize(of('1')), together.authorize(ask, options)])
    expect(bodies.length).toBe(3)
  })

  test('one alone is asked as it is; a later tick is another batch', async () => {
    const { bodies, clientOf } = point()
    const client = clientOf({ cache: 0 })
    await client.authorize(of('1'))
    await client.authorize(of('2'))
    expect(bodies).toEqual([of('1'), of('2')])
  })

  test('no more than a hundred at once', async () => {
    const { bodies, clientOf } = point()
    const client = clientOf()
    const decisions = await Promise.all(Array.from({ length: 230 }, (_, i) => client.authorize(of(String(i)))))
    expect(bodies.map(({ checks }) => checks?.length)).toEqual([100, 100, 30])
    expect(
      decisions.every(({ decision }, i) => decision === 'allow' && decisions[i]?.reasons[0]?.code === String(i)),
    ).toBe(true)
  })
})

describe('each is denied where the whole is no answer to go by', () => {
  const rows: readonly (readonly [string, (body: Ask) => object, string])[] = [
    [
      'fewer results than questions',
      (ask) => ({ ...replyTo(ask), results: replyTo(ask).results?.slice(1) }),
      'REPLY_MALFORMED',
    ],
    ['no results', (ask) => ({ ...replyTo(ask), results: undefined }), 'REPLY_MALFORMED'],
    [
      'an allow of a denied question',
      (ask) => ({
        ...replyTo(ask),
        results: [{ ...replyTo(ask).results?.[0], decision: 'deny', code: 'POLICY_DENIED' }, replyTo(ask).results?.[1]],
      }),
      'REPLY_MALFORMED',
    ],
    [
      'a deny of what is allowed',
      (ask) => ({ ...replyTo(ask), decision: 'deny', code: 'POLICY_DENIED', respond: { status: 403, headers: {} } }),
      'REPLY_MALFORMED',
    ],
    ['garbage', () => ({}), 'REPLY_MALFORMED'],
  ]
  test.each(rows)('%s', async (_, reply, code) => {
    const ask = async (given: (body: Ask) => object) => {
      const client = point(given).clientOf()
      return Promise.all(['1', '2'].map((id) => client.authorize(of(id))))
    }
    expect(
      (await ask(replyTo)).map(({ decision }) => decision),
      'the twin',
    ).toEqual(['allow', 'allow'])
    for (const decision of await ask(reply)) expect(decision).toMatchObject({ decision: 'deny', failure: { code } })
  })

  test('no answer, and a fetch that fails', async () => {
    const { fetch } = answering(() => Promise.reject(new TypeError('fetch failed')))
    const client = createClient({ url, fetch, batch: true })
    for (const decision of await Promise.all(['1', '2'].map((id) => client.authorize(of(id)))))
      expect(decision).toMatchObject({ decision: 'deny', failure: { code: 'UNREACHABLE' } })
    const silent = createClient({ url, fetch: () => new Promise(() => {}), batch: true, deadlineMs: 50 })
    for (const decision of await Promise.all(['1', '2'].map((id) => silent.authorize(of(id)))))
      expect(decision).toMatchObject({ decision: 'deny', failure: { code: 'TIMEOUT' } })
  })
})

test('an obligation that nobody performs denies its own ask alone', async () => {
  const { clientOf } = point()
  const codesOf = async (obligations: readonly string[]) => {
    const client = clientOf({ obligations })
    const decisions = await Promise.all(['1', 'oblige-2'].map((id) => client.authorize(of(id))))
    return decisions.map(({ code, obligations }) => [code, obligations.length])
  }
  expect(await codesOf(['mask_fields']), 'the twin').toEqual([
    ['ALLOWED', 0],
    ['ALLOWED', 1],
  ])
  expect(await codesOf([])).toEqual([
    ['ALLOWED', 0],
    ['OBLIGATION_UNHANDLED', 0],
  ])
})

test('what may be reused is kept by itself, and nothing of a batch that was denied', async () => {
  const { bodies, clientOf } = point()
  const client = clientOf()
  const both = (...ids: readonly string[]) => Promise.all(ids.map((id) => client.authorize(of(id))))
  await both('1', '2')
  expect((await both('1', '2', '3')).map(({ local }) => local)).toEqual([true, true, false])
  expect(bodies.length).toBe(2)
  await both('4', 'deny-5')
  expect((await both('4')).map(({ local }) => local)).toEqual([false])
})

test('where nobody was known, each has the reason', async () => {
  const code = 'EXPIRED'
  const { clientOf } = point(({ checks = [] }) => ({
    ...allow,
    decision: 'deny',
    code,
    reasons: [{ code: 'jwt-exp', message: 'expired' }],
    respond: { status: 401, headers: { 'www-authenticate': 'Bearer' } },
    results: checks.map(() => ({ decision: 'deny', code, reasons: [], obligations: [] })),
  }))
  const client = clientOf()
  for (const decision of await Promise.all(['1', '2'].map((id) => client.authorize(of(id)))))
    expect(decision).toMatchObject({ code, reasons: [{ code: 'jwt-exp' }], respond: { status: 401 } })
})
