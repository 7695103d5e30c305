import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { createFirstGate } from '../test/support/first-gate.ts'
import { frameAt } from '../test/support/clock.ts'
import {
  bearer,
  boundToken,
  checkoutCertificate,
  createAsk,
  dpop,
  dpopProof,
  svid,
  vouchingGateway,
} from '../test/support/world.ts'
import { median } from './measure/median.ts'

// npm run bench identity: the first gate in this process, in CPU of its thread, beside one P-256 verification of the same
// round. Rounds are interleaved, the first is not counted, figures are medians.

const rounds = 7
const count = 1_000

/** What is measured: how it is named, what it may cost, and a fresh run over `count` asks that were made before. */
interface Case {
  readonly name: string
  readonly bound: string
  readonly holds: (us: number, verification: number) => boolean
  readonly prepare: () => () => Promise<unknown>
}

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const text = Buffer.from('what is signed')
const signature = sign('sha256', text, privateKey)

async function each<T>(values: readonly T[], act: (value: T) => unknown): Promise<void> {
  for (const value of values) await act(value)
}

const of = <T>(make: () => T): readonly T[] => Array.from({ length: count }, make)

let serial = 0
const cases: readonly Case[] = [
  {
    name: 'one P-256 verification',
    bound: '',
    holds: () => true,
    prepare: () => async () => {
      for (let i = 0; i < count; i++) if (!verify('sha256', text, publicKey, signature)) throw new Error('not good')
    },
  },
  {
    name: 'token seen before',
    bound: '< 5 µs',
    holds: (us) => us < 5,
    prepare: () => {
      const gate = createFirstGate()
      const ask = createAsk({ headers: bearer(svid()) })
      const frame = frameAt()
      return () =>
        each(
          of(() => ask),
          async (same) => accepted(await gate(same, frame)),
        )
    },
  },
  {
    name: 'ES256 token not seen before',
    bound: '< 1.3 × one verification',
    holds: (us, verification) => us < 1.3 * verification,
    prepare: () => {
      const gate = createFirstGate()
      const asks = of(() => createAsk({ headers: bearer(svid({ claims: { jti: `t-${serial++}` } })) }))
      const frame = frameAt()
      return () => each(asks, async (ask) => accepted(await gate(ask, frame)))
    },
  },
  {
    name: 'DPoP proof over a token seen before',
    bound: '< 1.5 × one verification',
    holds: (us, verification) => us < 1.5 * verification,
    prepare: () => {
      const gate = createFirstGate()
      const token = boundToken()
      const asks = of(() => createAsk({ headers: dpop(token, dpopProof(token)) }))
      const frame = frameAt()
      return () => each(asks, async (ask) => accepted(await gate(ask, frame)))
    },
  },
  {
    name: 'X.509-SVID seen before',
    bound: '< 10 µs',
    holds: (us) => us < 10,
    prepare: () => {
      const gate = createFirstGate()
      const ask = createAsk({ certificate: checkoutCertificate, pep: vouchingGateway })
      const frame = frameAt()
      return () =>
        each(
          of(() => ask),
          async (same) => accepted(await gate(same, frame)),
        )
    },
  },
]

function accepted(answer: { readonly ok: boolean }): void {
  if (!answer.ok) throw new Error(`refused: ${JSON.stringify(answer)}`)
}

async function measure({ prepare }: Case): Promise<number> {
  const run = prepare()
  const before = process.threadCpuUsage()
  await run()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / count
}
const figures = new Map<string, number[]>(cases.map(({ name }) => [name, []]))
for (let round = 0; round <= rounds; round++) {
  for (const each of cases) {
    const us = await measure(each)
    if (round > 0) figures.get(each.name)?.push(us)
  }
}
const usOf = (name: string) => median(figures.get(name) ?? [])
const verification = usOf('one P-256 verification')
for (const { name, bound, holds } of cases) {
  const us = usOf(name)
  const verdict = bound === '' ? '' : `${holds(us, verification) ? 'holds' : 'MISSED'}: ${bound}`
  console.log(`${name.padEnd(36)} ${us.toFixed(1).padStart(7)} µs  ${(us / verification).toFixed(2)} ×  ${verdict}`)
}
