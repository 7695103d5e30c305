import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPdp } from '../pdp/compose/pdp.ts'
import { parseConfig } from '../pdp/config/read-config.ts'
import { isAllow } from '../pdp/core/decision.ts'
import { instant } from '../pdp/core/time.ts'
import { systemSurroundings } from '../pdp/process/system.ts'
import { exampleBundle } from '../test/support/bundles.ts'
import { countOccurrences } from './contenders/count-occurrences.ts'
import { bearer, createAsk, svid, svidKey, trustDomain } from '../test/support/world.ts'

// CPU per decision in process, all threads: a cached token, the policy evaluated each time, the record written to a file.
// Prints the medians of several rounds and the count of records, which must equal the count of decisions.

const rounds = 9
const perRound = 20_000
const inFlight = 32

const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
const file = async (name: string, content: string | Uint8Array): Promise<string> => {
  await writeFile(join(folder, name), content)
  return join(folder, name)
}

const config = parseConfig({
  services: { orders: { audiences: ['https://orders.example.org'], environment: 'production', peps: ['gateway'] } },
  peps: { gateway: { none: true } },
  trust: [
    {
      spiffe: trustDomain,
      from: `file:${await file('bundle.json', JSON.stringify({ keys: [svidKey.jwk] }))}`,
      environment: 'production',
      path: '/ns/{namespace}/sa/{service_account}',
    },
  ],
  bundles: { orders: { file: await file('orders.tar.gz', await exampleBundle('orders')), unsigned: true } },
  state: join(folder, 'state'),
  audit: { mode: 'written', directory: join(folder, 'audit') },
  limits: { cache_entries: 0 },
})
if (!config.ok) throw new Error(JSON.stringify(config.problems))

const pdp = await createPdp(config.value, systemSurroundings())
const service = pdp.services.get('orders')
if (!service) throw new Error('the service is missing')
const ask = createAsk({ service, headers: bearer(svid({ now: instant(Date.now()) })) })

interface Round {
  /** Of this thread, which decides and writes. */
  readonly thread: number
  /** Of the whole process: also the thread that keeps the tree over the log, compilation and collection. */
  readonly process: number
}

async function round(): Promise<Round> {
  const [thread, all] = [process.threadCpuUsage(), process.cpuUsage()]
  let left = perRound
  const worker = async () => {
    while (left-- > 0) if (!isAllow(await pdp.decide(ask))) throw new Error('a decision was no allow')
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return { thread: perDecision(process.threadCpuUsage(thread)), process: perDecision(process.cpuUsage(all)) }
}

const perDecision = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / perRound

function describe(what: string, figures: readonly number[]): string {
  const sorted = figures.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  return `${what}: ${median.toFixed(1)} us CPU per decision (median of ${sorted.length} rounds of ${perRound}; best ${sorted[0]?.toFixed(1)})`
}

const figures: Round[] = []
for (let i = 0; i < rounds; i++) figures.push(await round())
await pdp.close()
let records = 0
for (const name of await readdir(join(folder, 'audit')))
  if (name.endsWith('.ndjson')) records += await countOccurrences(join(folder, 'audit', name), '"kind":"decision"')
await rm(folder, { recursive: true })

const warm = figures.slice(1)
console.log(
  describe(
    'decide, its own thread',
    warm.map(({ thread }) => thread),
  ),
)
console.log(
  describe(
    'decide, whole process',
    warm.map(({ process }) => process),
  ),
)
console.log(`records: ${records}, decisions: ${rounds * perRound}`)
if (records !== rounds * perRound) process.exitCode = 1
