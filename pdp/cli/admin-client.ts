import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { join } from 'node:path'
import type { Terminal } from './terminal.ts'
import { type ConfigFlags, loadFlags, sayProblems } from './config-flags.ts'

/**
 * How a command reaches the administration listener: of the configuration, or at `admin`, `unix:PATH` or an https URL.
 * `operatorKey`, `ca`: files with the key of an operator and with the certificate authority of the listener, over TCP.
 */
export interface AdminFlags extends ConfigFlags {
  readonly admin?: string
  readonly operatorKey?: string
  readonly ca?: string
}

/** One call; `body` makes it a POST. */
export interface AdminCall {
  readonly path: string
  readonly body?: unknown
}

export interface AdminAnswer {
  readonly status: number
  readonly body: unknown
}

const timeoutMs = 10_000

/** Calls the administration listener. Answers undefined, and says why, where it cannot be reached. */
export async function callAdmin(
  flags: AdminFlags,
  call: AdminCall,
  terminal: Terminal,
): Promise<AdminAnswer | undefined> {
  try {
    const where = flags.admin ?? (await configuredAddress(flags, terminal))
    if (where === undefined) return undefined
    return await send(where, flags, call)
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'an unknown fault'
    terminal.say(`the administration listener cannot be reached: ${reason}`)
    return undefined
  }
}

async function configuredAddress(flags: AdminFlags, terminal: Terminal): Promise<string | undefined> {
  const loaded = await loadFlags(flags, terminal)
  if (!loaded.ok) {
    sayProblems(loaded.problems, terminal)
    return undefined
  }
  const { listen, state, tls } = loaded.config
  const where = listen.admin ?? `unix:${join(state, 'admin.sock')}`
  if (where.startsWith('unix:')) return where
  return `${tls === undefined || tls === 'off' ? 'http' : 'https'}://${where}`
}

async function send(where: string, flags: AdminFlags, { path, body }: AdminCall): Promise<AdminAnswer> {
  const unix = where.startsWith('unix:')
  const url = new URL(path, unix ? 'http://localhost' : where)
  const key = flags.operatorKey === undefined ? undefined : (await readFile(flags.operatorKey, 'utf8')).trim()
  const ca = flags.ca === undefined ? undefined : await readFile(flags.ca)
  if (key !== undefined && url.protocol !== 'https:' && !isLoopback(url)) {
    throw new Error('a key is sent over https alone')
  }
  const text = body === undefined ? undefined : JSON.stringify(body)
  const options = {
    method: text === undefined ? 'GET' : 'POST',
    ...(unix && { socketPath: where.slice('unix:'.length) }),
    ...(ca && { ca }),
    timeout: timeoutMs,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    },
  }
  return new Promise((resolve, reject) => {
    const make = url.protocol === 'https:' ? requestTls : request
    const outgoing = make(url, options, (response) => {
      let received = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => (received += piece))
      response.on('error', reject)
      response.on('end', () => {
        try {
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(received) as unknown })
        } catch {
          reject(new Error('it did not answer with JSON'))
        }
      })
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')))
    outgoing.on('error', reject)
    outgoing.end(text)
  })
}

const isLoopback = ({ hostname }: URL): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
