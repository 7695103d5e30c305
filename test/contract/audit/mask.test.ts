import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPdp, type PdpEvents } from '../../../pdp/compose/pdp.ts'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import { instant } from '../../../pdp/core/time.ts'
import { systemSurroundings } from '../../../pdp/process/system.ts'
import { buildTestBundle } from '../../support/build-bundle.ts'
import { exampleBundle } from '../../support/bundles.ts'
import { bearer, createAsk, svid, svidKey, trustDomain } from '../../support/world.ts'

const rego = `package system.log

mask contains "/attested/namespace"

mask contains {"op": "upsert", "path": "/subject/id", "value": "somebody"} if input.service == "orders"

mask contains sprintf("/questions/%d/resource/id", [i]) if some i, question in input.questions

drop if input.ask_id == "health"
`

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-mask-'))
  await writeFile(join(folder, 'orders.tar.gz'), await exampleBundle('orders'))
  await writeFile(
    join(folder, 'mask.tar.gz'),
    await buildTestBundle({ rego, entrypoints: ['system/log/mask', 'system/log/drop'], roots: ['system/log'] }),
  )
  await writeFile(join(folder, 'bundle.json'), JSON.stringify({ keys: [svidKey.jwk] }))
})
afterEach(() => rm(folder, { recursive: true }))

function config(audit: Record<string, unknown>) {
  const path = '/ns/{namespace}/sa/{service_account}'
  return parseConfig({
    services: { orders: { audiences: ['https://orders.example.org'], environment: 'production', peps: ['gateway'] } },
    peps: { gateway: { none: true } },
    trust: [{ spiffe: trustDomain, from: `file:${join(folder, 'bundle.json')}`, environment: 'production', path }],
    bundles: {
      orders: { file: join(folder, 'orders.tar.gz'), unsigned: true },
      mask: { file: join(folder, 'mask.tar.gz'), unsigned: true },
    },
    state: join(folder, 'state'),
    audit: { mode: 'written', directory: join(folder, 'audit'), ...audit },
    limits: { evaluation_ms: 20 },
  })
}

/** The records of one decision, and of one that is to be dropped. */
async function decided(
  audit: Record<string, unknown>,
  events: Partial<PdpEvents> = {},
): Promise<readonly Record<string, unknown>[]> {
  const parsed = config(audit)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const pdp = await createPdp(parsed.value, { ...systemSurroundings(), events })
  try {
    const service = pdp.services.get('orders')
    if (!service) throw new Error('the service is missing')
    const headers = bearer(svid({ now: instant(Date.now()) }))
    expect((await pdp.decide(createAsk({ service, headers }))).code).toBe('ALLOWED')
    expect((await pdp.decide(createAsk({ service, headers, askId: 'health' }))).code).toBe('ALLOWED')
  } finally {
    await pdp.close()
  }
  const lines = (await readFile(join(folder, 'audit', 'records.ndjson'), 'utf8')).trim().split('\n')
  return lines.map((line): Record<string, unknown> => JSON.parse(line)).filter(({ kind }) => kind === 'decision')
}

test('without rules, and without claims, records say who and what', async () => {
  const [first, second] = await decided({})
  expect(first).toMatchObject({
    subject: { id: expect.stringContaining('spiffe:') },
    attested: { namespace: expect.any(String) },
  })
  expect(first).not.toHaveProperty('subject.credentials.0.claims')
  expect(second).toHaveProperty('subject')
})

test('rules of a bundle are applied before anything is written; what is dropped leaves its proof', async () => {
  const [first, second] = await decided({ mask: { bundle: 'mask' } })
  expect(first).toMatchObject({
    effect: 'allow',
    subject: { id: 'somebody' },
    erased: ['/questions/0/resource/id', '/attested/namespace'],
    replaced: ['/subject/id'],
  })
  expect(first).not.toHaveProperty('attested.namespace')
  expect(second).toMatchObject({
    effect: 'allow',
    code: 'ALLOWED',
    dropped: true,
    policy: { digest: expect.any(String) },
  })
  expect(second).not.toHaveProperty('subject')
})

test('claims that are listed reach records, others do not', async () => {
  const [first] = await decided({ claims: ['sub'] })
  expect(first).toHaveProperty('subject.credentials.0.claims', { sub: expect.stringContaining('spiffe:') })
})

test('a bundle that is not there, or has no rules, is refused at start; its twin is not', async () => {
  expect(config({ mask: { bundle: 'mask' } }).ok).toBe(true)
  expect(config({ mask: { bundle: 'masks' } })).toMatchObject({ ok: false, problems: [{ at: 'audit.mask.bundle' }] })
  await expect(decided({ mask: { bundle: 'orders' } })).rejects.toThrow(
    /audit\.mask: bundle `orders` has no entrypoint/,
  )
})

test('rules that take too long are stopped: the decision is recorded, cut to what it proves, and counted', async () => {
  const slow = `package system.log

drop if {
	input.ask_id == "health"
	count([a | some a in numbers.range(1, 4000); some b in numbers.range(1, 4000); a * b == 0]) > 0
}
`
  await writeFile(
    join(folder, 'mask.tar.gz'),
    await buildTestBundle({ rego: slow, entrypoints: ['system/log/drop'], roots: ['system/log'] }),
  )
  const failed = vi.fn<() => void>()
  const [first, second] = await decided({ mask: { bundle: 'mask' } }, { maskFailed: failed })
  expect(first).toHaveProperty('subject')
  expect(first).not.toHaveProperty('mask_failed')
  expect(second).toMatchObject({ effect: 'allow', code: 'ALLOWED', mask_failed: true })
  expect(second).not.toHaveProperty('subject')
  expect(failed).toHaveBeenCalledOnce()
})

test('a log in memory is masked as one in a file', async () => {
  const kept: string[] = []
  const parsed = config({ mode: 'memory', mask: { bundle: 'mask' } })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const events = { recordKept: (line: string) => void kept.push(line) }
  const pdp = await createPdp(parsed.value, { ...systemSurroundings(), events })
  const service = pdp.services.get('orders')
  if (!service) throw new Error('the service is missing')
  await pdp.decide(createAsk({ service, headers: bearer(svid({ now: instant(Date.now()) })) }))
  await pdp.close()
  const line = kept.find((line) => line.includes('"kind":"decision"')) ?? ''
  expect(JSON.parse(line)).toMatchObject({ subject: { id: 'somebody' }, demo: true, replaced: ['/subject/id'] })
  expect(line).not.toContain('mask_failed')
})
