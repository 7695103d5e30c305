import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startAgent, type TestAgent } from '../../support/workload-api.ts'
import { svidKey, trustDomain } from '../../support/world.ts'
import { ask, createSite, records, send, serve, type Serving, type Site, stop, usual } from './harness.ts'

// A real process whose keys come from an agent, which goes away before the process starts again.

let site: Site
let agent: TestAgent
let serving: Serving
beforeEach(async () => {
  site = await createSite()
  agent = await startAgent(join(site.folder, 'agent.sock'), { x509: {}, jwt: { [trustDomain]: [svidKey.jwk] } })
  await site.configure({ trust: [{ ...usual.trust[0], from: 'unix:agent.sock' }] })
  serving = await serve(site)
}, 30_000)
afterEach(async () => {
  agent.close()
  await stop(serving)
  await site.remove()
})

const code = async () => (JSON.parse((await ask(serving.decisions, site.key)).body) as { code: string }).code
const restart = async () => {
  await stop(serving)
  serving = await serve(site)
}

test('a caller is still verified after a kill and a start during the outage; with the file altered nobody is', async () => {
  expect(await code()).toBe('ALLOWED')
  agent.close()
  await restart()
  expect(await code()).toBe('ALLOWED')
  expect((await send(serving.health, '/readyz?verbose')).body).toMatch(/"1 keys, \d+ s old; workload api: /)
  const ages = (await records(site)).flatMap(({ kind, subject }) =>
    kind === 'decision' ? (subject as { credentials: { trust_age_s: number }[] }).credentials : [],
  )
  expect(ages.map(({ trust_age_s }) => Number.isInteger(trust_age_s) && trust_age_s < 60)).toEqual([true, true])
  const folder = join(site.folder, 'state', 'trust')
  const [name = ''] = await readdir(folder)
  const bytes = await readFile(join(folder, name))
  bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1
  await writeFile(join(folder, name), bytes)
  await restart()
  expect(await code()).toBe('TRUST_UNAVAILABLE')
  expect(serving.said()).toContain(`${name} is ignored: it was altered`)
}, 60_000)
