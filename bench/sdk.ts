import { createClient, type Fetch } from '../sdk/index.ts'
import { allow, ask } from '../test/unit/sdk/replies.ts'
import { median } from './measure/median.ts'

// What the SDK costs, in process: CPU of this thread per call, medians of interleaved rounds. Beside an injected `fetch` that
// has its Response ready it is what the SDK adds; the same without the SDK, which is making and reading that Response, is
// measured for comparison, and not taken off.

const rounds = 15
const calls = 4_000
const text = JSON.stringify({ ...allow, reuse_max_age_s: 0 })
const reusable = JSON.stringify({ ...allow, reuse_max_age_s: 3_600 })
const headers = { 'content-type': 'application/json', 'content-length': String(text.length) }
const token = `eyJ${'x'.repeat(800)}`
const asked = {
  ...ask,
  request: {
    ...ask.request,
    method: 'GET',
    url: 'https://orders.example.org/v1/orders/42',
    headers: { authorization: `Bearer ${token}` },
  },
}

/** Ready answers, made before the clock runs. */
let ready: Response[] = []
const fetch: Fetch = () => {
  const response = ready.pop()
  return response ? Promise.resolve(response) : Promise.reject(new Error('no answer is ready'))
}
const refill = () => {
  ready = Array.from({ length: calls + 1 }, () => new Response(text, { headers }))
}

const url = 'http://127.0.0.1:7070'
const asking = createClient({ url, service: 'orders', key: 'k', fetch, cache: 0 })
const keeping = createClient({
  url,
  service: 'orders',
  key: 'k',
  fetch: async () => new Response(reusable, { headers }),
})

/** CPU of this thread in µs for each call. */
async function cpuOf(run: () => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage()
  for (let i = 0; i < calls; i++) await run()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / calls
}

const works = {
  'asked, the Response ready': { run: () => asking.authorize(asked), isGood: (it: unknown) => isAllow(it, false) },
  'reading that Response alone': {
    run: async () => (await fetch(url, {})).text(),
    isGood: (it: unknown) => it === text,
  },
  'answered by the local cache': { run: () => keeping.authorize(asked), isGood: (it: unknown) => isAllow(it, true) },
}
const isAllow = (it: unknown, local: boolean) => {
  const { decision, local: answeredHere } = it as { readonly decision?: string; readonly local?: boolean }
  return decision === 'allow' && answeredHere === local
}

const took = new Map<string, number[]>(Object.keys(works).map((name) => [name, []]))
await keeping.authorize(asked)
for (let round = 0; round <= rounds; round++) {
  for (const [name, { run, isGood }] of Object.entries(works)) {
    refill()
    if (!isGood(await run())) throw new Error(`${name}: not the answer that is measured`)
    const us = await cpuOf(run)
    if (round > 0) took.get(name)?.push(us)
  }
}
const figures = Object.fromEntries([...took].map(([name, each]) => [name, Number(median(each).toFixed(2))]))
for (const [name, us] of Object.entries(figures)) console.error(`${name.padEnd(30)} ${us} µs`)
console.log(JSON.stringify(figures))
