import { spawn } from 'node:child_process'
import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { SinkSettings } from '../../../../pdp/audit/sinks/sink-settings.ts'
import { listenAt, listenSteadily } from '../../../support/steady-port.ts'
import { freePort } from '../../../../bench/contenders/free-port.ts'

/** A receiver of one kind of sink. `seqs`: numbers of the records it has, in the order they came; only `opa` lacks some. */
export interface Receiver {
  readonly settings: SinkSettings
  seqs(): Promise<readonly number[]>
  /** Checkpoints that came with batches. */
  checkpoints(): Promise<readonly string[]>
  down(): Promise<void>
  up(): Promise<void>
  close(): Promise<void>
}

export interface ReceiverRow {
  readonly name: string
  start(folder: string): Promise<Receiver>
}

const seqOf = (line: string): number => (JSON.parse(line) as { seq: number }).seq
const lines = (text: string) => text.split('\n').filter(Boolean)

/** What an HTTP receiver took, whole and in order. */
interface Taken {
  readonly path: string
  readonly method: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

async function startHttp(judge: (taken: Taken) => number) {
  const taken: Taken[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { url: path = '', method = '', headers } = request
      const one = { path, method, headers, body: Buffer.concat(chunks) }
      const status = judge(one)
      if (status < 300) taken.push(one)
      response.writeHead(status, { 'content-type': 'application/json' }).end(status === 204 ? undefined : '{}')
    })
  })
  const port = await listenSteadily(server)
  const down = async () => {
    if (!server.listening) return
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { url: `http://127.0.0.1:${port}`, taken, down, up: () => listenAt(server, port), close: down }
}

const stamped = (taken: readonly Taken[]) =>
  taken.map(({ headers }) => Buffer.from(String(headers['sallyport-checkpoint']), 'base64').toString())

function overHttp(
  name: string,
  make: (url: string, token: string) => SinkSettings,
  read: (body: string) => readonly number[],
): ReceiverRow {
  return {
    name,
    async start(folder) {
      const token = join(folder, 'token')
      writeFileSync(token, 'the-token\n')
      const { url, taken, ...server } = await startHttp(({ method, headers }) =>
        method === 'POST' &&
        headers.authorization === 'Bearer the-token' &&
        String(headers['idempotency-key']).startsWith('"host.example')
          ? 200
          : 401,
      )
      return {
        ...server,
        settings: make(url, token),
        seqs: async () => taken.flatMap(({ body }) => read(gunzipSync(body).toString())),
        checkpoints: async () => stamped(taken),
      }
    },
  }
}

interface OtlpBody {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly {
      readonly logRecords: readonly { readonly body: { readonly stringValue: string } }[]
    }[]
  }[]
}

/** Lines of a file: records, and checkpoints. */
const ofLines = (text: string) => {
  const all = lines(text).map((line) => JSON.parse(line) as { kind: string; seq: number; note: string })
  return {
    seqs: all.filter(({ kind }) => kind !== 'checkpoint').map(({ seq }) => seq),
    checkpoints: all.filter(({ kind }) => kind === 'checkpoint').map(({ note }) => note),
  }
}

const file: ReceiverRow = {
  name: 'file',
  async start(folder) {
    const place = join(folder, 'out')
    const path = join(place, 'records.ndjson')
    const read = () => {
      const names = existsSync(place) ? readdirSync(place).filter((name) => name.startsWith('records')) : []
      const age = (name: string) => Number(/\.(\d+)$/.exec(name)?.[1] ?? 0)
      return ofLines(
        names
          .sort((a, b) => age(b) - age(a))
          .map((name) => readFileSync(join(place, name), 'utf8'))
          .join(''),
      )
    }
    return {
      settings: { type: 'file', path, format: 'native', rotate_bytes: 100_000, keep: 50, mask: [] },
      seqs: async () => read().seqs,
      checkpoints: async () => read().checkpoints,
      // a file where a folder is due: nothing can be written
      down: async () => {
        renameSync(place, `${place}.aside`)
        writeFileSync(place, '')
      },
      up: async () => {
        rmSync(place)
        renameSync(`${place}.aside`, place)
      },
      close: async () => undefined,
    }
  },
}

/** Messages of RFC 5424, framed by their length, read strictly. */
function parseSyslog(bytes: Buffer): readonly { readonly id: string; readonly text: string }[] {
  const messages: { id: string; text: string }[] = []
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at)
    const length = Number(bytes.toString('latin1', at, blank))
    if (blank === -1 || !Number.isSafeInteger(length) || length < 1) throw new Error('no length')
    const message = bytes.subarray(blank + 1, blank + 1 + length)
    if (message.length !== length) throw new Error('a message is cut')
    const form =
      /^<(\d{1,3})>1 (-|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z) ([\x21-\x7e]{1,255}) ([\x21-\x7e]{1,48}) ([\x21-\x7e]{1,128}) ([\x21-\x7e]{1,32}) - \ufeff([^]*)$/u
    const [, priority, , , , , id = '', text = ''] = form.exec(message.toString()) ?? []
    if (priority === undefined || Number(priority) > 191) throw new Error('no message of RFC 5424')
    messages.push({ id, text })
    at = blank + 1 + length
  }
  return messages
}

const syslog: ReceiverRow = {
  name: 'syslog',
  async start() {
    const taken: ReturnType<typeof parseSyslog>[number][] = []
    const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
      const chunks: Buffer[] = []
      socket.on('data', (chunk) => chunks.push(chunk))
      socket.on('error', () => undefined)
      socket.on('end', () => {
        taken.push(...parseSyslog(Buffer.concat(chunks)))
        socket.end()
      })
    })
    const port = await listenSteadily(server)
    const down = async () => {
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    }
    return {
      settings: { type: 'syslog', address: `tcp://127.0.0.1:${port}`, format: 'native', mask: [] },
      seqs: async () => taken.filter(({ id }) => id !== 'checkpoint').map(({ text }) => seqOf(text)),
      checkpoints: async () =>
        taken.filter(({ id }) => id === 'checkpoint').map(({ text }) => (JSON.parse(text) as { note: string }).note),
      down,
      up: () => listenAt(server, port),
      close: down,
    }
  },
}

/** The signature of a request, reckoned by the receiver from what came (AWS Signature Version 4). */
function isSigned({ method, path, headers, body }: Taken, secret: string): boolean {
  const [, key = '', scope = '', names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})$/.exec(
      String(headers.authorization),
    ) ?? []
  const digest = createHash('sha256').update(body).digest('hex')
  const [day = '', region = '', service = ''] = scope.split('/')
  const signed = names
    .split(';')
    .map((name) => `${name}:${String(headers[name])}\n`)
    .join('')
  const canonical = createHash('sha256').update([method, path, '', signed, names, digest].join('\n')).digest('hex')
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, canonical].join('\n')
  let hmac = Buffer.from(`AWS4${secret}`)
  for (const part of [day, region, service, 'aws4_request', text])
    hmac = createHmac('sha256', hmac).update(part).digest()
  return (
    key === 'AKIDEXAMPLE' &&
    service === 's3' &&
    names.includes('if-none-match') &&
    names.includes('x-amz-meta-checkpoint') &&
    hmac.toString('hex') === signature
  )
}

const s3: ReceiverRow = {
  name: 's3',
  async start(folder) {
    writeFileSync(join(folder, 'id'), 'AKIDEXAMPLE\n')
    writeFileSync(join(folder, 'secret'), 'the secret of tests\n')
    const objects = new Map<string, Taken>()
    const {
      url,
      taken: _,
      ...server
    } = await startHttp((one) => {
      if (one.method !== 'PUT' || !isSigned(one, 'the secret of tests')) return 403
      if (objects.has(one.path)) return 412
      objects.set(one.path, one)
      return 200
    })
    const sorted = () => [...objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
    return {
      ...server,
      settings: {
        type: 's3',
        url: `${url}/bucket`,
        region: 'eu-central-1',
        prefix: 'audit/',
        access_key_id: join(folder, 'id'),
        secret_access_key: join(folder, 'secret'),
        mask: [],
      },
      seqs: async () => sorted().flatMap(({ body }) => lines(gunzipSync(body).toString()).map(seqOf)),
      checkpoints: async () =>
        sorted().map(({ headers }) => Buffer.from(String(headers['x-amz-meta-checkpoint']), 'base64').toString()),
    }
  },
}

const http = overHttp(
  'http',
  (url, bearer) => ({ type: 'http', url, bearer, format: 'native', mask: [] }),
  (body) => lines(body).map(seqOf),
)
const opa = overHttp(
  'opa',
  (url, bearer) => ({ type: 'opa', url: `${url}/logs`, bearer, mask: [] }),
  (body) => (JSON.parse(body) as { custom: { seq: number } }[]).map(({ custom }) => custom.seq),
)
const otlp = overHttp(
  'otlp',
  (url, bearer) => ({ type: 'otlp', url: `${url}/v1/logs`, bearer, mask: [] }),
  (body) =>
    (JSON.parse(body) as OtlpBody).resourceLogs.flatMap(({ scopeLogs }) =>
      scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body }) => seqOf(body.stringValue))),
    ),
)

/** A receiver for each sink that needs Node alone; Redis is among the integration tests. */
export const receivers: readonly ReceiverRow[] = [file, http, opa, otlp, syslog, s3]

const redisServer = 'redis-server'

/** Redis itself, in a process of its own. */
export const redis: ReceiverRow = {
  name: 'redis',
  async start(folder) {
    const port = await freePort()
    const { createRedis } = await import('../../../../pdp/net/redis.ts')
    const connect = () =>
      createRedis(
        { kind: 'standalone', nodes: [{ host: '127.0.0.1', port }], database: 0, timeoutMs: 5_000 },
        { random: () => 0.5 },
      )
    let child: ReturnType<typeof spawn> | undefined
    const up = async () => {
      child = spawn(
        redisServer,
        [
          '--port',
          String(port),
          '--bind',
          '127.0.0.1',
          '--dir',
          folder,
          '--appendonly',
          'yes',
          '--appendfsync',
          'always',
          '--save',
          '',
        ],
        { stdio: 'ignore' },
      )
      const probe = connect()
      await probe.settled(10_000)
      probe.close()
    }
    const down = async () => {
      const running = child
      child = undefined
      if (!running || running.exitCode !== null) return
      running.kill('SIGKILL')
      await once(running, 'exit')
    }
    await up()
    const entries = async () => {
      const client = connect()
      await client.settled(5_000)
      const answer = await client.streamAfter('audit:host.example/audit/0123456789abcdef', '0', 100_000)
      client.close()
      return answer.ok ? answer.value : []
    }
    const fieldOf = (fields: readonly string[], name: string) => fields[fields.indexOf(name) + 1] ?? ''
    return {
      settings: { type: 'redis', url: `redis://127.0.0.1:${port}`, stream: 'audit', keep: 1_000_000, mask: [] },
      seqs: async () => (await entries()).map(({ fields }) => seqOf(fieldOf(fields, 'record'))),
      checkpoints: async () =>
        (await entries())
          .filter(({ fields }) => fields.includes('checkpoint'))
          .map(({ fields }) => fieldOf(fields, 'checkpoint')),
      down,
      up,
      close: down,
    }
  },
}
