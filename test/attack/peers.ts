import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createCerbos } from '../../bench/contenders/cerbos.ts'
import type { Contender } from '../../bench/contenders/contender.ts'
import { createOpa } from '../../bench/contenders/opa.ts'
import { type Prepared, prepareCerbos, prepareOpa } from '../../bench/peers/prepare-peers.ts'
import { sendRaw } from '../support/http.ts'
import type { Presentation, Presented } from './attack.ts'
import type { Target } from './target.ts'

/** Another decision point under the same attacks. `missing`: why it is not there. */
export type Peer = { readonly name: string } & ({ readonly target: Target } | { readonly missing: string })

/**
 * Starts the peers of the benchmark, each with the check of tokens that its documentation recommends: OPA with
 * `io.jwt.decode_verify` and its constraints, Cerbos with a key set of its own for `auxData.jwt`.
 */
export async function startPeers(folder: string): Promise<readonly Peer[]> {
  return [
    await startPeer('OPA', prepareOpa(), (binary) => createOpa(binary, join(folder, 'opa'), false)),
    await startPeer('Cerbos', prepareCerbos(), (binary) => createCerbos(binary, join(folder, 'cerbos'), false)),
  ]
}

async function startPeer(name: string, prepared: Prepared, create: (binary: string) => Contender): Promise<Peer> {
  if (!prepared.ok) return { name, missing: prepared.missing }
  const { port, request, isAllow, stop } = await create(prepared.binary).start()
  const ask = async (token: string): Promise<boolean> => {
    const { status, body } = await sendRaw(port, [request('orders', { authorization: `Bearer ${token}` })])
    return status !== 0 && isAllow({ status, body: Buffer.from(body) })
  }
  await untilListening(port)
  return {
    name,
    target: {
      async present(presentation: Presentation) {
        let allowed = false
        for (const presented of presentation) allowed = await ask(tokenOf(presented))
        return { decision: allowed ? 'allow' : 'deny', code: '' }
      },
      close: stop,
    },
  }
}

/** The one token of a presentation, wherever it stands. */
function tokenOf({ headers, credentials }: Presented): string {
  const authorization = headers?.['authorization']
  const token = typeof authorization === 'string' ? authorization.replace(/^Bearer /, '') : credentials?.[0]?.token
  if (token === undefined) throw new Error('there is no token to ask a peer about')
  return token
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const heard = await sendRaw(port, ['GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n']).catch(
      () => undefined,
    )
    if (heard) return
    await delay(100)
  }
  throw new Error('a peer did not begin to listen within 30 s')
}
