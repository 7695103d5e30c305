import { lookup } from 'node:dns/promises'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type AddressKind, classifyAddress } from './classify-address.ts'
import { faultOfError } from './fault-of-error.ts'
import { guardLookup, type Resolve } from './guard-lookup.ts'

/** - `ca`: PEM of the authorities to trust, in place of those that come with Node. `signal` gives up. */
export interface SendStreamOptions {
  readonly signal: AbortSignal
  readonly ca?: string
  readonly resolve?: Resolve
}

const resolveByDns: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address)
const secure: ReadonlySet<AddressKind> = new Set(['public', 'private', 'loopback'])
const plain: ReadonlySet<AddressKind> = new Set(['loopback'])

/**
 * Sends bytes over a connection of their own, `tls://host:port` or, to a loopback address, `tcp://host:port`. Resolves
 * once the other side has closed the connection after its end: it has read all of them. Rejects, saying why, otherwise.
 */
export async function sendStream(
  address: string,
  bytes: Uint8Array,
  { signal, ca, resolve = resolveByDns }: SendStreamOptions,
): Promise<void> {
  signal.throwIfAborted()
  const { protocol, hostname, port } = new URL(address)
  const overTls = protocol === 'tls:'
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const mayReach = overTls ? secure : plain
  if (isIP(host) !== 0 && !mayReach.has(classifyAddress(host)))
    throw new Error(overTls ? 'the address may not be reached' : 'plain tcp is for loopback addresses alone')
  const options = { host, port: Number(port), lookup: guardLookup(resolve, mayReach) }
  await new Promise<void>((done, reject) => {
    const socket: Socket = overTls
      ? connectTls({
          ...options,
          minVersion: 'TLSv1.2',
          rejectUnauthorized: true,
          ...(isIP(host) === 0 && { servername: host }),
          ...(ca !== undefined && { ca: [ca] }),
        })
      : connectTcp(options)
    let ended = false
    const abort = () => socket.destroy(new Error('given up before it was complete'))
    signal.addEventListener('abort', abort, { once: true })
    socket.on('end', () => {
      ended = true
    })
    socket.on('error', (error) => reject(aborted(signal) ?? new Error(faultOfError(error).fault.detail)))
    socket.on('close', (failed) => {
      signal.removeEventListener('abort', abort)
      if (!failed && ended && socket.writableFinished) done()
      else reject(new Error('connection ended before all was sent'))
    })
    socket.resume() // whatever the other side says is nothing we wait for
    socket.end(bytes)
  })
}

const aborted = (signal: AbortSignal): Error | undefined =>
  signal.aborted ? new Error('given up before it was complete') : undefined
