import { randomBytes } from 'node:crypto'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildBundle } from '../../pdp/cli/build-bundle.ts'
import { sha256 } from '../../pdp/core/digest.ts'
import { createRegoToolchain } from '../../pdp/rego/toolchain.ts'
import { svidKey, trustDomain } from '../../test/support/world.ts'
import { repository } from '../repository.ts'
import type { Contender } from './contender.ts'
import { countOccurrences } from './count-occurrences.ts'
import { memberAt } from './member-at.ts'
import { postJson } from './post-json.ts'
import { questionOf } from './question.ts'
import { freePort } from './free-port.ts'
import { startProcess } from './start-process.ts'

/**
 * The shipped server, started as its users start it, with an enforcement point that authenticates by key. Its log is
 * `written`. Decisions are not cached, so that every request is evaluated, as by its peers.
 */
export function createSallyport(folder: string): Contender {
  return {
    name: 'Sallyport',
    detail: 'audit `written`',
    logs: true,
    readsProofs: true,
    async start() {
      await mkdir(folder, { recursive: true })
      const key = `sp_pep_${randomBytes(32).toString('base64url')}`
      const output = join(folder, 'output.log')
      const port = await freePort()
      const config = join(folder, 'sallyport.yaml')
      await writeFile(config, await configuration(folder, key, port)) // YAML takes JSON
      const main = join(repository, 'pdp', 'main.ts')
      const { pid, stop } = await startProcess(process.execPath, [main, 'start', '--config', config], output)
      return {
        pid,
        port,
        output,
        stop,
        request: (topic, presented) =>
          postJson(`/authorize/${topic}`, questionOf(topic, presented), [`Authorization: Bearer ${key}`]),
        isAllow: ({ status, body }) => status === 200 && memberAt(JSON.parse(body.toString()), 'decision') === 'allow',
        countRecords: () => countRecords(join(folder, 'audit')),
      }
    },
  }
}

/** Decisions in all segments of the log. */
async function countRecords(folder: string): Promise<number> {
  const segments = (await readdir(folder)).filter((name) => name.endsWith('.ndjson'))
  const counts = await Promise.all(segments.map((name) => countOccurrences(join(folder, name), '"kind":"decision"')))
  return counts.reduce((sum, n) => sum + n, 0)
}

async function configuration(folder: string, key: string, port: number): Promise<string> {
  const file = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeFile(join(folder, name), content, { mode: 0o600 })
    return join(folder, name)
  }
  const [orders, catalog] = await buildBundles()
  return JSON.stringify({
    listen: { decisions: `127.0.0.1:${port}`, health: `unix:${join(folder, 'health.sock')}` },
    services: {
      orders: { audiences: ['https://orders.example.org'], environment: 'production', peps: ['gateway'] },
      catalog: { audiences: ['https://catalog.example.org'], identity: 'optional', peps: ['gateway'] },
    },
    peps: { gateway: { bearer: `file:${await file('gateway.key', `sha256:${sha256(key)}\n`)}` } },
    trust: [
      {
        spiffe: trustDomain,
        from: `file:${await file('trust.json', JSON.stringify({ keys: [svidKey.jwk] }))}`,
        environment: 'production',
        path: '/ns/{namespace}/sa/{service_account}',
      },
    ],
    bundles: {
      orders: { file: await file('orders.tar.gz', orders), unsigned: true },
      catalog: { file: await file('catalog.tar.gz', catalog), unsigned: true },
    },
    state: join(folder, 'state'),
    audit: { mode: 'written', directory: join(folder, 'audit') },
    // without skew, proofs made a second after the start are known to be new
    limits: { cache_entries: 0, proof_skew_s: 0 },
  })
}

async function buildBundles(): Promise<readonly [Uint8Array, Uint8Array]> {
  const toolchain = createRegoToolchain()
  try {
    const orders = await buildBundle(join(repository, 'bundles', 'orders.yaml'), toolchain)
    const catalog = await buildBundle(join(repository, 'bench', 'peers', 'policies', 'catalog.yaml'), toolchain)
    return [orders.archive, catalog.archive]
  } finally {
    await toolchain.close()
  }
}
