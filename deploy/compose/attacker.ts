import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { instant } from '../../pdp/core/time.ts'
import { type Attempt, attacks, honest, type Stage } from './attempts.ts'
import { readWorld } from './held-world.ts'
import { send } from './send.ts'

// Tries everything, prints a table, and ends with 0 if every attack was stopped and every honest caller was served.

const ca = readFileSync('/files/ca.crt', 'utf8')
const stage: Stage = {
  world: readWorld(readFileSync('/files/world.json', 'utf8')),
  now: () => instant(Date.now()),
}

/** What reached a service. */
interface Seen {
  readonly attempt: string
  readonly subject?: string
}

/** Under which name the requests of an attempt travel: that of a victim's own ones is another. */
const attemptName = (kind: string, i: number) => `${kind}-${i + 1}`

async function run({ calls }: Attempt, name: string): Promise<number | 'no way'> {
  const all = calls(stage)
  for (const [i, call] of all.slice(0, -1).entries()) await send(call, `${name}-before-${i}`, ca)
  return send(all.at(-1) ?? all[0], name, ca)
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
const rows = []
for (const [kind, attempts] of [
  ['honest', honest],
  ['attack', attacks],
] as const) {
  for (const [i, attempt] of attempts.entries()) {
    const name = attemptName(kind, i)
    rows.push({ kind, name, attempt, answered: await run(attempt, name) })
  }
}

const reached = seen()
const width = Math.max(...rows.map(({ attempt }) => attempt.tried.length))
let wrong = 0
for (const { kind, name, attempt, answered } of rows) {
  const arrived = reached.filter((each) => each.attempt === name)
  const good =
    answered === attempt.answered && arrived.length === (kind === 'honest' ? 1 : 0) && !arrived.some(isSpoofed)
  if (!good) wrong++
  const columns = [
    kind,
    attempt.tried.padEnd(width),
    String(answered).padEnd(6),
    (arrived.length > 0 ? 'reached the service' : 'stopped').padEnd(19),
    good ? (attempt.code ?? '-') : `NOT AS EXPECTED: ${attempt.answered}`,
  ]
  process.stdout.write(`${columns.join('  ')}\n`)
}
const served = rows.filter(({ kind }) => kind === 'honest').length
process.stdout.write(
  wrong === 0
    ? `${rows.length - served} attacks, none reached a service; ${served} honest callers served\n`
    : `${wrong} of ${rows.length} not as expected\n`,
)
process.exitCode = wrong === 0 ? 0 : 1

/** The service was told that somebody calls who does not: all honest callers here are checkout, or tell nobody. */
function isSpoofed({ subject }: Seen): boolean {
  return subject !== undefined && !subject.endsWith('/ns/shop/sa/checkout') && !subject.endsWith('#checkout')
}
