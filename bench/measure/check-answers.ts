import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { Contender, Presented, Running, Topic } from '../contenders/contender.ts'
import type { Door } from '../contenders/door.ts'
import type { Sent } from '../load/send-load.ts'
import { expiredToken, forgedToken, newBoundToken, newToken, strangersToken } from '../world.ts'

const patienceMs = 30_000

/**
 * Waits until the server answers, and sees that it allows what it should and denies what it should: a server that allows
 * everything is quick. Resolves to the number of decisions it made. Throws where one is wrong.
 */
export async function checkAnswers({ name, readsProofs }: Contender, running: Running): Promise<number> {
  await firstAnswer(name, running)
  if (readsProofs) await pause(1_000) // proofs from before the start are refused, and they tell whole seconds
  const bound = newBoundToken()
  const proven = bound()
  const table: readonly Expected[] = [
    ['a token', 'orders', newToken(), true],
    ['a token with a signature of another', 'orders', forgedToken(), false],
    ['an expired token', 'orders', expiredToken(), false],
    ['a token of a workload without rights', 'orders', strangersToken(), false],
    ['no token where one is needed', 'orders', {}, false],
    ['no token where none is needed', 'catalog', {}, true],
  ]
  const ofProofs: readonly Expected[] = readsProofs
    ? [
        ['a bound token and a proof', 'orders', proven, true],
        ['the same proof again', 'orders', proven, false],
      ]
    : []
  const { http, grpc } = running.doors
  let decisions = 1 + (await checkDoor(name, http, [...table, ...ofProofs]))
  if (grpc) decisions += await checkDoor(`${name} over gRPC`, grpc, table)
  return decisions
}

type Expected = readonly [what: string, topic: Topic, presented: Presented, allowed: boolean]

async function checkDoor(name: string, door: Door, table: readonly Expected[]): Promise<number> {
  let decisions = 0
  for (const [what, topic, presented, allowed] of table) {
    const { good, bad } = await askOnce(door, topic, presented)
    if ((good === 1) !== allowed) {
      throw new Error(`${name} was to ${allowed ? 'allow' : 'deny'} ${what}: ${bad?.status} ${bad?.body.toString()}`)
    }
    if (good === 1 || bad?.status === 200) decisions++
  }
  return decisions
}

async function firstAnswer(name: string, running: Running): Promise<void> {
  const until = performance.now() + patienceMs
  for (;;) {
    const sent = await askOnce(running.doors.http, 'orders', newToken()).catch((error: unknown) => error)
    if (isSent(sent) && sent.good === 1) return
    if (performance.now() > until) {
      const why = isSent(sent) ? `${sent.bad?.status} ${sent.bad?.body.toString()}` : String(sent)
      const printed = await readFile(running.output, 'utf8')
      throw new Error(`${name} does not allow anything: ${why}\n${printed.slice(-2_000)}`)
    }
    await pause(100)
  }
}

const isSent = (value: unknown): value is Sent => typeof value === 'object' && value !== null && 'answered' in value

function askOnce(door: Door, topic: Topic, presented: Presented): Promise<Sent> {
  const requests = [door.request(topic, presented)]
  return door.send({ connections: 1, next: () => requests.pop(), isGood: (answer) => door.isAllow(answer) })
}
