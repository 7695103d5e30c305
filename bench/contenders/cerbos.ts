import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { framed } from '../../pdp/doors/grpc/framing.ts'
import { repository } from '../repository.ts'
import { trustedKeys } from '../world.ts'
import type { Contender, Presented, Topic } from './contender.ts'
import { type CerbosCheck, cerbosMessage, effectAllow, effectOf } from './cerbos-messages.ts'
import { countOccurrences } from './count-occurrences.ts'
import { grpcDoor, httpDoor } from './door.ts'
import { memberAt } from './member-at.ts'
import { postJson } from './post-json.ts'
import { freePort } from './free-port.ts'
import { startProcess } from './start-process.ts'

/** A Cerbos server, asked over HTTP or gRPC; with `logs`, its decision log goes to a file. It keeps no cache of tokens. */
export function createCerbos(binary: string, folder: string, logs: boolean): Contender {
  return {
    name: 'Cerbos',
    detail: logs ? 'log to a file' : 'no log',
    logs,
    readsProofs: false,
    async start() {
      await mkdir(folder, { recursive: true })
      const keys = join(folder, 'keys.json')
      await writeFile(keys, JSON.stringify(trustedKeys))
      const audit = join(folder, 'audit.log')
      const output = join(folder, 'output.log')
      const [port, grpcPort] = [await freePort(), await freePort()]
      const config = join(folder, 'config.json') // YAML takes JSON
      await writeFile(
        config,
        JSON.stringify({
          server: {
            httpListenAddr: `127.0.0.1:${port}`,
            grpcListenAddr: `127.0.0.1:${grpcPort}`,
            apiExplorerEnabled: false,
          },
          storage: { driver: 'disk', disk: { directory: join(repository, 'bench', 'peers', 'cerbos', 'policies') } },
          auxData: { jwt: { keySets: [{ id: 'workloads', local: { file: keys } }] } },
          telemetry: { disabled: true },
          ...(logs && {
            audit: {
              enabled: true,
              accessLogsEnabled: false,
              decisionLogsEnabled: true,
              backend: 'file',
              file: { path: audit },
            },
          }),
        }),
      )
      const { pid, stop } = await startProcess(binary, ['server', `--config=${config}`, '--log-level=error'], output, {
        CERBOS_NO_TELEMETRY: '1',
      })
      return {
        pid,
        output,
        stop,
        doors: {
          http: httpDoor(port, {
            request: (topic, presented) => postJson('/api/check/resources', checkOf(topic, presented)),
            isAllow: ({ status, body }) =>
              status === 200 &&
              memberAt(JSON.parse(body.toString()), 'results', 0, 'actions', 'read') === 'EFFECT_ALLOW',
          }),
          grpc: grpcDoor(
            grpcPort,
            { path: '/cerbos.svc.v1.CerbosService/CheckResources', metadata: [] },
            {
              request: (topic, presented) => framed(cerbosMessage(checkOf(topic, presented))),
              isAllow: ({ status, body }) => status === 200 && effectOf(body) === effectAllow,
            },
          ),
        },
        countRecords: () => (logs ? countOccurrences(audit, '"callId"') : Promise.resolve(undefined)),
      }
    },
  }
}

/** The same question in Cerbos's form. Who is calling comes from the token alone: the principal is a placeholder. */
function checkOf(topic: Topic, { authorization }: Presented): CerbosCheck {
  if (topic === 'catalog') {
    return {
      principal: { id: 'user', roles: ['clerk'] },
      resources: [{ actions: ['read'], resource: { kind: 'item', id: '7' } }],
    }
  }
  return {
    principal: { id: 'caller', roles: ['workload'] },
    resources: [
      {
        actions: ['read'],
        resource: {
          kind: 'order',
          id: '42',
          attr: { method: 'GET', url: 'https://orders.example.org/v1/orders/42', accept: 'application/json' },
        },
      },
    ],
    ...(authorization !== undefined && {
      auxData: { jwt: { token: authorization.replace(/^Bearer /, ''), keySetId: 'workloads' } },
    }),
  }
}
