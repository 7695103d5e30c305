import { randomBytes } from 'node:crypto'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildBundle } from '../../pdp/cli/build-bundle.ts'
import { sha256 } from '../../pdp/core/digest.ts'
import { checkPath } from '../../pdp/doors/ext-authz/check-method.ts'
import { framed } from '../../pdp/doors/grpc/framing.ts'
import { createRegoToolchain } from '../../pdp/rego/toolchain.ts'
import { checkBytes } from '../../test/support/check-messages.ts'
import { svidKey, trustDomain } from '../../test/support/world.ts'
import { repository } from '../repository.ts'
import type { Contender, Presented, Topic } from './contender.ts'
import { countOccurrences } from './count-occurrences.ts'
import { grpcDoor, httpDoor } from './door.ts'
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
      const [port, grpcPort] = [await freePort(), await freePort()]
      const config = join(folder, 'sallyport.yaml')
      await writeFile(config, await configuration(folder, key, { port, grpcPort })) // YAML takes JSON
      const main = join(repository, 'pdp', 'main.ts')
      const { pid, stop } = await startProcess(process.execPath, [main, 'start', '--config', config], output)
      return {
        pid,
        output,
        stop,
        doors: {
          http: httpDoor(port, {
            request: (topic, presented) =>
              postJson(`/authorize/${topic}`, questionOf(topic, presented), [`Authorization: Bearer ${key}`]),
            isAllow: ({ status, body }) =>
              status === 200 && memberAt(JSON.parse(body.toString()), 'decision') === 'allow',
          }),
          grpc: grpcDoor(
            grpcPort,
            { path: checkPath, metadata: [['authorization', `Bearer ${key}`]] },
            {
              request: (topic, presented) => framed(checkOf(topic, presented)),
              // of the message, the status stands first; empty it is OK
              isAllow: ({ status, body }) => status === 200 && body[0] === 0x0a && body[1] === 0,
            },
          ),
        },
        countRecords: () => countRecords(join(folder, 'audit')),
      }
    },
  }
}

/** The question as Envoy asks it: of the request alone, and of what a route says. */
function checkOf(topic: Topic, { authorization }: Presented): Buffer {
  const headers = {
    accept: 'application/json',
    'user-agent': 'workload/1.4',
    'x-forwarded-for': '10.1.2.3',
    'x-forwarded-proto': 'https',
    'x-request-id': '6f1c1bd1-5d3a-4d5c-9a57-0d6b8d0b1f61',
    ...(authorization !== undefined && { authorization }),
  }
  return topic === 'orders'
    ? checkBytes({ headers, service: 'orders' })
    : checkBytes({ headers, http: { path: '/items/7' }, service: 'shelf', extensions: { role: 'clerk' } })
}

/** Decisions in all segments of the log. */
async function countRecords(folder: string): Promise<number> {
  const segments = (await readdir(folder)).filter((name) => name.endsWith('.ndjson'))
  const counts = await Promise.all(segments.map((name) => countOccurrences(join(folder, name), '"kind":"decision"')))
  return counts.reduce((sum, n) => sum + n, 0)
}

async function configuration(
  folder: string,
  key: string,
  { port, grpcPort }: Record<'port' | 'grpcPort', number>,
): Promise<string> {
  const file = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeFile(join(folder, name), content, { mode: 0o600 })
    return join(folder, name)
  }
  const [orders, catalog, shelf] = await buildBundles()
  return JSON.stringify({
    listen: {
      decisions: `127.0.0.1:${port}`,
      ext_authz: `127.0.0.1:${grpcPort}`,
      health: `unix:${join(folder, 'health.sock')}`,
    },
    services: {
      orders: { audiences: ['https://orders.example.org'], environment: 'production', peps: ['gateway'] },
      catalog: { audiences: ['https://catalog.example.org'], identity: 'optional', peps: ['gateway'] },
      shelf: { audiences: ['https://shelf.example.org'], identity: 'optional', peps: ['gateway'] },
    },
    // as in deploy/envoy: without it policies are evaluated on threads of their own
    peps: {
      gateway: {
        bearer: `file:${await file('gateway.key', `sha256:${sha256(key)}\n`)}`,
        failure_mode_allow: false,
      },
    },
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
      shelf: { file: await file('shelf.tar.gz', shelf), unsigned: true },
    },
    state: join(folder, 'state'),
    audit: { mode: 'written', directory: join(folder, 'audit') },
    // without skew, proofs made a second after the start are known to be new
    limits: { cache_entries: 0, proof_skew_s: 0 },
  })
}

async function buildBundles(): Promise<readonly [Uint8Array, Uint8Array, Uint8Array]> {
  const toolchain = createRegoToolchain()
  const build = async (...path: readonly string[]): Promise<Uint8Array> =>
    (await buildBundle(join(repository, ...path), toolchain)).archive
  try {
    return [
      await build('bundles', 'orders.yaml'),
      await build('bench', 'peers', 'policies', 'catalog.yaml'),
      await build('bench', 'peers', 'policies', 'shelf.yaml'),
    ]
  } finally {
    await toolchain.close()
  }
}
