import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPdp, type Pdp, type PdpEvents } from '../../../pdp/compose/pdp.ts'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import type { Config } from '../../../pdp/config/schema.ts'
import type { JsonObject } from '../../../pdp/core/json.ts'
import type { Instant } from '../../../pdp/core/time.ts'
import { systemSurroundings } from '../../../pdp/process/system.ts'
import { keyPem } from '../../support/keys.ts'
import { createAsk, issuerKey } from '../../support/world.ts'
import { audience, signers } from './bad-bundles.ts'

/** A folder with the file of the one bundle `t`, the keys of its signers, and what decision points write. */
export interface BundlePlace {
  readonly folder: string
  readonly file: string
  config(change?: (bundle: Record<string, unknown>) => void): Config
  start(parts?: {
    readonly clock?: () => Instant
    readonly events?: Partial<PdpEvents>
    readonly config?: Config
  }): Promise<Pdp>
  /** Facts of the records of that kind, oldest first. */
  records(kind: string): Promise<readonly JsonObject[]>
  remove(): Promise<void>
}

export async function createBundlePlace(): Promise<BundlePlace> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bundles-'))
  const file = join(folder, 't.tar.gz')
  const keys = await Promise.all(
    signers.map(async (key, i) => {
      await writeFile(join(folder, `${i}.pub`), keyPem(key))
      return `file:${join(folder, `${i}.pub`)}`
    }),
  )
  await writeFile(join(folder, 'keys.json'), JSON.stringify({ keys: [{ ...issuerKey.jwk, use: 'sig', alg: 'ES256' }] }))
  const config: BundlePlace['config'] = (change = () => undefined) => {
    const bundle = { file, signer: keys, threshold: 2, audience }
    change(bundle)
    const parsed = parseConfig({
      services: {
        t: { audiences: ['https://t.example.org'], peps: ['gateway'], identity: 'optional', entrypoint: 't/decision' },
      },
      peps: { gateway: { none: true } },
      trust: [{ issuer: 'https://login.example.org', jwks: `file:${join(folder, 'keys.json')}` }],
      bundles: { t: bundle },
      state: join(folder, 'state'),
    })
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
    return parsed.value
  }
  return {
    folder,
    file,
    config,
    start: async ({ clock, events = {}, config: given = config() } = {}) =>
      createPdp(given, { ...systemSurroundings(), ...(clock && { clock }), events }),
    async records(kind) {
      const log = await readFile(join(folder, 'state', 'audit', 'records.ndjson'), 'utf8')
      const lines = log.split('\n').filter((line) => line !== '')
      const all = lines.map((line): { readonly kind: string; readonly facts: JsonObject } => JSON.parse(line))
      return all.filter((line) => line.kind === kind).map(({ facts }) => facts)
    },
    remove: async () => rm(folder, { recursive: true }),
  }
}

/** What an ask about `answer` comes to: its effect or code, and the revision that decided. */
export async function askAbout(pdp: Pdp, answer: number): Promise<readonly [string, string | undefined]> {
  const service = pdp.services.get('t')
  if (!service) throw new Error('the service is missing')
  const { code, policy } = await pdp.decide(createAsk({ service, context: { answer } }))
  return [code, policy?.revision]
}
