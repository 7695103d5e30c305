import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createCerbos } from '../../bench/contenders/cerbos.ts'
import type { Contender } from '../../bench/contenders/contender.ts'
import { createOpa } from '../../bench/contenders/opa.ts'
import { type Prepared, prepareCerbos, prepareOpa } from '../../bench/peers/prepare-peers.ts'
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
  const { doors, stop } = await create(prepared.binary).start()
  const ask = async (token: string): Promise<boolean> => {
    const requests = [doors.http.request('orders', { authorization: `Bearer ${token}` })]
    const { good } = await doors.http.send({
      connections: 1,
      next: () => requests.pop(),
      isGood: (answer) => doors.http.isAllow(answer),
    })
    return good === 1
  }
  await untilListening(ask)
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

async function untilListening(ask: (token: string) => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const heard = await ask('none').catch(() => undefined)
    if (heard !== undefined) return
    await delay(100)
  }
  throw new Error('a peer did not begin to listen within 30 s')
}
