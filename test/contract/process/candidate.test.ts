import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { candidateClauses, candidateRoute } from '../../../pdp/admin/candidates.ts'
import { localOperator } from '../../../pdp/admin/operators.ts'
import { ok } from '../../../pdp/core/result.ts'
import { main } from '../../../pdp/cli/main.ts'
import { exitCodes } from '../../../pdp/cli/exit-codes.ts'
import { signBundle } from '../../../pdp/policy/sign-bundle.ts'
import { readSigningKey } from '../../../pdp/policy/signature/read-signing-key.ts'
import { exampleBundle } from '../../support/bundles.ts'
import { eventually } from '../../support/eventually.ts'
import { createTestKey, keyPem } from '../../support/keys.ts'
import { createSite, records, send, serve, type Serving, type Site, stop } from './harness.ts'

let site: Site
let pdp: Serving | undefined
beforeEach(async () => {
  site = await createSite()
})
afterEach(async () => {
  if (pdp) await stop(pdp)
  await site.remove()
})

const key = createTestKey('signer')
async function publish(sequence: number): Promise<void> {
  const signing = readSigningKey(key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  if (!signing.ok) throw new Error(signing.detail)
  const signed = await signBundle(await exampleBundle('orders'), signing.value, { statement: { sequence } })
  if (!signed.ok) throw new Error(signed.detail)
  await site.file('orders.tar.gz', signed.value)
}

async function command(...args: readonly string[]) {
  const said: string[] = []
  let printed = ''
  const terminal = { out: (text: string) => void (printed += text), say: (line: string) => void said.push(line) }
  const flags = ['--admin', `unix:${join(site.folder, 'state', 'admin.sock')}`, '--reason', 'we looked at it']
  const code = await main(['candidate', ...args, ...flags], terminal as never, new PassThrough() as never) // it uses no more of them
  return { code, printed, said: said.join('\n') }
}
const bundleRecords = async () =>
  (await records(site)).filter(({ kind }) => kind === 'bundle').map(({ facts }) => facts as Record<string, unknown>)

test('an operator promotes a candidate, or rolls it back, by a command; both are recorded with who and why', async () => {
  await publish(1)
  await site.file('signer.pub', keyPem(key))
  const orders = { file: 'orders.tar.gz', signer: 'file:signer.pub', rollout: { mode: 'shadow' } }
  await site.configure({ bundles: { orders } })
  const running = (pdp = await serve(site))
  const ready = async () => (await send(running.health, '/readyz?verbose')).body
  expect(await command('promote', 'orders')).toMatchObject({ code: exitCodes.invalid })
  await publish(2)
  await eventually(async () => expect(await ready()).toContain('shadow of revision'))
  expect(await command('promote', 'orders')).toMatchObject({
    code: exitCodes.ok,
    printed: expect.stringContaining('orders'),
  })
  expect(await ready()).toContain('sequence 2')
  await publish(3)
  await eventually(async () => expect(await ready()).toContain('shadow of revision'))
  expect(await command('roll-back', 'orders')).toMatchObject({ code: exitCodes.ok })
  expect(await ready()).toMatch(/sequence 2.*we looked at it/)
  const told = { operator: 'local', reason: 'we looked at it' }
  await eventually(async () =>
    expect(await bundleRecords()).toMatchObject([
      { act: 'candidate', sequence: 2 },
      { act: 'activated', sequence: 2, ...told },
      { act: 'candidate', sequence: 3 },
      { act: 'rolled-back', ...told },
    ]),
  )
}, 60_000)

test.for([
  {},
  { bundle: 'orders', act: 'promote' },
  { bundle: 'orders', act: 'promote', reason: '' },
  { bundle: 'orders', act: 'activate', reason: 'x' },
  { bundle: 'orders', act: 'promote', reason: 'x', force: true },
])('%j is no act', async (body) => {
  const settled: string[] = []
  const desk = { settle: async (bundle: string) => ok({ bundle, n: settled.push(bundle) }) }
  const handle = async (given: object) =>
    candidateRoute(desk).handle({ operator: localOperator, path: '', query: new URLSearchParams(), body: given })
  expect(await handle({ bundle: 'orders', act: 'promote', reason: 'x' })).toMatchObject({ status: 200 })
  expect(await handle(body)).toMatchObject({ refusal: { code: 'REQUEST_MALFORMED', clause: candidateClauses.body } })
  expect(settled).toEqual(['orders'])
})
