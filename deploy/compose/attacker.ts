import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { instant } from '../../pdp/core/time.ts'
import { type Attempt, attacks, honest, type Stage } from './attempts.ts'
import { readWorld } from './held-world.ts'
import { type Outcome, report, type Seen } from './report.ts'
import { send } from './send.ts'

// Tries everything, prints a table, and ends with 0 if every attack was stopped and every honest caller was served.

const ca = readFileSync('/files/ca.crt', 'utf8')
const stage: Stage = {
  world: readWorld(readFileSync('/files/world.json', 'utf8')),
  now: () => instant(Date.now()),
}
const thisRun = randomUUID()

/** Sends what an attempt has to; the requests of its victim travel under another name. */
async function run(kind: Outcome['kind'], attempt: Attempt, i: number): Promise<Outcome> {
  const name = `${thisRun}-${kind}-${i}`
  const [last, ...before] = attempt.calls(stage).toReversed()
  for (const call of before) await send(call, `${name}-before`, ca)
  return { kind, name, attempt, answered: last ? await send(last, name, ca) : 'no way' }
}

const seen = (): readonly Seen[] =>
  readdirSync('/seen').flatMap(
    (file) =>
      readFileSync(`/seen/${file}`, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Seen), // of service.ts
  )

/** Until Envoy and the tools serve, and a second that no single use of before the start can lie in has begun. */
async function untilServed(): Promise<void> {
  for (const call of honest.flatMap(({ calls }) => calls(stage).slice(-1))) {
    for (let tries = 0; tries < 300 && (await send(call, 'waiting', ca)) !== 200; tries++) await wait(100)
  }
  await wait(1_000 - (Date.now() % 1_000))
}

await untilServed()
const outcomes: Outcome[] = []
for (const [i, attempt] of honest.entries()) outcomes.push(await run('honest', attempt, i))
for (const [i, attempt] of attacks.entries()) outcomes.push(await run('attack', attempt, i))
const { text, good } = report(outcomes, seen())
process.stdout.write(text)
process.exitCode = good ? 0 : 1
