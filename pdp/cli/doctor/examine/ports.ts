import { constants } from 'node:fs'
import { access, lstat } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { type Address, readAddress } from '../../../config/read-address.ts'
import { askHealth } from '../../operate/ask-health.ts'
import { codeOf, type Examined, type Finding } from './finding.ts'

const id = 'ports'
const patienceMs = 1_000

/** Each address that is listened on: free, or taken by a decision point that answers, which may be this one. */
export async function examinePorts({ config: { listen, state } }: Examined): Promise<readonly Finding[]> {
  const { socket_mode: _, ...addresses } = { ...listen, admin: listen.admin ?? `unix:${join(state, 'admin.sock')}` }
  const running = listen.health.endsWith(':0') ? 'unknown' : await isOurs(listen.health)
  return Promise.all(
    Object.entries(addresses).flatMap(([name, text]) => {
      const address = text === undefined ? undefined : readAddress(text)
      return address ? [examineAddress(`listen.${name} ${text}`, address, running)] : []
    }),
  )
}

/** Whether what answers there is the health listener of a decision point. */
async function isOurs(text: string): Promise<boolean> {
  try {
    const { body } = await askHealth(text.replace(/^0\.0\.0\.0:/, '127.0.0.1:'), '/readyz?verbose', patienceMs)
    const answer = JSON.parse(body) as { readonly ready?: unknown; readonly checks?: unknown } // or an error, or neither
    return typeof answer.ready === 'boolean' && Array.isArray(answer.checks)
  } catch {
    return false
  }
}

async function examineAddress(about: string, address: Address, running: boolean | 'unknown'): Promise<Finding> {
  if (await answers(address))
    return running !== false
      ? { id, about, verdict: 'ok', detail: running === true ? 'a decision point answers' : 'something answers there' }
      : { id, about, verdict: 'fail', detail: 'something else listens there', todo: 'stop it, or name another address' }
  const fault = address.kind === 'tcp' ? await cannotListen(address) : await cannotMake(address.path)
  return fault === undefined
    ? { id, about, verdict: 'ok', detail: 'is free' }
    : { id, about, verdict: 'fail', detail: fault, todo: 'name another address, or allow it to this user' }
}

const answers = (address: Address): Promise<boolean> =>
  new Promise((resolve) => {
    if (address.kind === 'tcp' && address.port === 0) return resolve(false)
    const socket = address.kind === 'unix' ? connect(address.path) : connect(address.port, hostOf(address.host))
    const settle = (alive: boolean) => {
      socket.destroy()
      resolve(alive)
    }
    socket.setTimeout(patienceMs, () => settle(false))
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
  })

const hostOf = (host: string): string => (host === '0.0.0.0' ? '127.0.0.1' : /^[0:]+$/.test(host) ? '::1' : host)

/** Listens for a moment, to see whether that can be. */
const cannotListen = ({ host, port }: Address & { readonly kind: 'tcp' }): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve(`cannot be listened on: ${codeOf(error)}`))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })

/** Whether a socket could be made; none is, for a process that starts might take it for its own. */
async function cannotMake(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(() => undefined)
  if (found && !found.isSocket()) return 'is a file that is no socket'
  const folder = dirname(path)
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => undefined,
    (error: unknown) => (codeOf(error) === 'ENOENT' ? undefined : `${folder} cannot be written: ${codeOf(error)}`),
  )
}
