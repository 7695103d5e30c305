import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { trustDomain } from '../../test/support/world.ts'
import { repository } from '../repository.ts'
import { trustedKeys } from '../world.ts'
import type { Contender } from './contender.ts'
import { countOccurrences } from './count-occurrences.ts'
import { httpDoor } from './door.ts'
import { memberAt } from './member-at.ts'
import { postJson } from './post-json.ts'
import { questionOf } from './question.ts'
import { freePort } from './free-port.ts'
import { startProcess } from './start-process.ts'

/** An OPA server with its cache of verified tokens; with `logs`, its console decision log goes to a file. */
export function createOpa(binary: string, folder: string, logs: boolean): Contender {
  return {
    name: 'OPA',
    detail: logs ? 'JWT cache, console log' : 'JWT cache, no log',
    logs,
    readsProofs: false,
    async start() {
      await writePolicies(folder)
      const config = join(folder, 'config.json')
      await writeFile(config, JSON.stringify(logs ? { ...caching, decision_logs: { console: true } } : caching))
      const output = join(folder, 'output.log')
      const port = await freePort()
      const options = ['--addr', `127.0.0.1:${port}`, '--config-file', config, '--log-level', 'error']
      const files = [join(folder, 'policies'), join(folder, 'data')]
      const { pid, stop } = await startProcess(
        binary,
        ['run', '--server', '--skip-version-check', ...options, ...files],
        output,
      )
      return {
        pid,
        output,
        stop,
        doors: {
          http: httpDoor(port, {
            request: (topic, presented) =>
              postJson(`/v1/data/${topic}/decision`, { input: questionOf(topic, presented) }),
            isAllow: ({ status, body }) =>
              status === 200 && memberAt(JSON.parse(body.toString()), 'result', 'allow') === true,
          }),
        },
        countRecords: () => (logs ? countOccurrences(output, '"msg":"Decision Log"') : Promise.resolve(undefined)),
      }
    },
  }
}

// The cache is off until it has a size of its own.
const caching = {
  caching: { inter_query_builtin_value_cache: { named: { io_jwt: { max_num_entries: 10_000 } } } },
}

const ofIdentity: readonly (readonly [from: RegExp, to: string])[] = [
  [/\binput\.(?=subject\b|attested\b)/g, 'verified.'],
  [/\binput\.service\b/g, 'service'],
  [/\binput\.time\.now_ns\b/g, 'time.now_ns()'],
]

/** The rules of policies/orders, with what the first gate puts into the input read from identity.rego. */
export const toOpaRules = (rego: string): string =>
  ofIdentity.reduce((text, [from, to]) => text.replaceAll(from, to), rego)

async function writePolicies(folder: string): Promise<void> {
  const [orders, peers] = [join(repository, 'policies', 'orders'), join(repository, 'bench', 'peers')]
  for (const part of ['policies', 'data']) {
    await mkdir(join(folder, part), { recursive: true })
  }
  for (const file of await readdir(orders)) {
    if (!file.endsWith('.rego') || file.endsWith('_test.rego')) continue
    await writeFile(join(folder, 'policies', file), toOpaRules(await readFile(join(orders, file), 'utf8')))
  }
  await cp(join(peers, 'opa', 'identity.rego'), join(folder, 'policies', 'identity.rego'))
  await cp(join(peers, 'policies', 'catalog', 'policy.rego'), join(folder, 'policies', 'catalog.rego'))
  await cp(join(orders, 'data.json'), join(folder, 'data', 'orders.json'))
  await cp(join(peers, 'policies', 'catalog', 'data.json'), join(folder, 'data', 'catalog.json'))
  const trust = { keys: JSON.stringify(trustedKeys), environments: { [trustDomain]: 'production' } }
  await writeFile(join(folder, 'data', 'trust.json'), JSON.stringify({ trust }))
}
