import type { Fetch } from '../../../sdk/post.ts'
import type { Ask, Reply } from '../../../sdk/wire.ts'

/** An allow as the decision point writes it. */
export const allow: Reply = {
  decision: 'allow',
  id: '0192f3a0-0000-7000-8000-000000000001',
  code: 'ALLOWED',
  reasons: [{ code: 'standing_right', message: 'reads orders of its own shop' }],
  subject: {
    id: 'spiffe://prod.example/ns/shop/sa/checkout',
    methods: ['jwt-svid'],
    assurance: {
      level: 1,
      possession: 'none',
      audience_bound: true,
      single_use: false,
      attested: false,
      lifetime_s: 3600,
      age_s: 10,
    },
  },
  attested: { environment: 'production' },
  obligations: [],
  reuse_max_age_s: 0,
  policy: { bundle: 'orders', revision: '7', digest: 'sha256:00' },
  cache: 'miss',
  respond: { status: 200, headers: {} },
}

export const ask: Ask = {
  request: {
    method: 'GET',
    url: 'https://orders.example.org/v1/orders/42',
    headers: { authorization: 'Bearer eyJ.secret.token' },
  },
  action: { name: 'read' },
  resource: { type: 'order', id: '42' },
}

export const jsonReply = (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}) =>
  new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json', ...headers } })

/** A `fetch` that answers in turn, the last for ever, and keeps what it was sent. */
export function answering(...answers: readonly (() => Response | Promise<Response>)[]) {
  const sent: { url: string; headers: Headers; body: unknown; redirect: unknown }[] = []
  const fetch: Fetch = async (url, { headers, body, redirect }) => {
    const answer = answers[Math.min(sent.length, answers.length - 1)]
    sent.push({ url, headers: new Headers(headers), body: JSON.parse(String(body)), redirect })
    if (!answer) throw new Error('nothing to answer')
    return answer()
  }
  return { fetch, sent }
}
