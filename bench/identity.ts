import { createPublicKey, sign, verify } from 'node:crypto'
import type { FoundCredential } from '../pdp/identity/evidence.ts'
import { createVerify } from '../pdp/identity/verify.ts'
import { createMemoryFirstUse } from '../pdp/first-use/memory-store.ts'
import type { Ask } from '../pdp/core/ask.ts'
import type { Result } from '../pdp/core/result.ts'
import { seconds } from '../pdp/core/time.ts'
import type { Expected } from '../pdp/seams.ts'
import { frameAt, noon } from '../test/support/clock.ts'
import { firstGateParts } from '../test/support/first-gate.ts'
import {
  bearer,
  boundToken,
  checkoutCertificate,
  createAsk,
  dpop,
  dpopProof,
  orders,
  svid,
  svidKey,
  vouchingGateway,
} from '../test/support/world.ts'
import { median } from './measure/median.ts'

// npm run bench identity: the first gate in this process, in CPU of its thread, beside one P-256 verification of the same
// round over a text as long as that of a token, with a key of the same kind. `alone` is what the one verifier or proof
// costs, with the reading of what it checks; `gate` is all from evidence to caller, with the store of single uses.
// What it costs to keep a new token is in its figures. Rounds are interleaved; warming up ends when no figure falls any more; figures are medians of the rounds after it.

const rounds = 7
const warmUp = { least: 2, most: 5, steady: 0.97 }
const cheap = 20_000 // of what is quick, in a round
const signed = 3_000 // of what costs a signature each, in a round

const frame = frameAt()
const parts = firstGateParts()
const gate = createVerify({
  ...parts,
  firstUse: createMemoryFirstUse({ startedAt: noon, leeway: seconds(-3_600), maximum: 1_000_000 }),
})
const expected: Expected = { service: orders }

/** One line of the table: work on fresh inputs, made before the clock runs, and what one may cost. */
interface Case {
  readonly name: string
  readonly bound?: { readonly said: string; readonly holds: (us: number, verification: number) => boolean }
  /** Makes the inputs of one round; answers their count and what is timed. */
  readonly prepare: () => { readonly count: number; readonly run: () => Promise<void> }
}

const below = (us: number) => ({ said: `< ${us} µs`, holds: (each: number) => each < us })
const times = (factor: number) => ({
  said: `< ${factor} × one verification`,
  holds: (each: number, verification: number) => each < factor * verification,
})

/** Runs `act` over each of the inputs in turn and sees that none is refused. */
function over<Input>(inputs: readonly Input[], act: (input: Input) => Promise<Result<unknown>>) {
  return {
    count: inputs.length,
    async run() {
      for (const input of inputs) {
        const answer = await act(input)
        if (!answer.ok) throw new Error(`refused: ${answer.clause}`)
      }
    },
  }
}

const same = <Value>(value: Value): readonly Value[] => Array.from({ length: cheap }, () => value)
const fresh = <Value>(make: () => Value): readonly Value[] => Array.from({ length: signed }, make)
const throughGate = (ask: Ask) => gate(ask, frame)

/** Opens a credential as the gate does and asks the one verifier for it. */
function verifierAlone(method: string, found: (text: string) => FoundCredential) {
  const verifier = parts.verifiers.find((each) => each.method === method)
  if (!verifier) throw new Error(`no verifier is called ${method}`)
  return async (text: string): Promise<Result<unknown>> => {
    const credential = parts.open(found(text))
    return credential.ok ? verifier.verify(credential.value, expected, frame) : credential
  }
}

const svidAlone = verifierAlone('jwt-svid', (text) => ({ form: 'jwt', scheme: 'bearer', text }))
const certificateAlone = verifierAlone('x509-svid', (text) => ({ form: 'certificate', scheme: 'tls', text }))

async function proofAlone(token: string): Promise<(text: string) => Promise<Result<unknown>>> {
  const proof = parts.proofs.find(({ kind }) => kind === 'dpop')
  const verifier = parts.verifiers.find(({ method }) => method === 'issuer-jwt')
  const credential = parts.open({ form: 'jwt', scheme: 'dpop', text: token })
  if (!proof || !verifier || !credential.ok) throw new Error('a part of the proof is missing')
  const verified = await verifier.verify(credential.value, expected, frame)
  if (!verified.ok) throw new Error(verified.clause)
  const { request } = createAsk()
  const context = { ...expected, credential: credential.value, ...(request && { request }) }
  return (text) => proof.check({ kind: 'dpop', text }, verified.value, context, frame)
}

let serial = 0
const newToken = () => svid({ claims: { jti: `t-${serial++}` } })
const knownToken = svid()
const token = boundToken()
const checkProof = await proofAlone(token)

// the text that a token's signature is over, and the key as the trust source has it
const text = Buffer.from(knownToken.slice(0, knownToken.lastIndexOf('.')), 'latin1')
const publicKey = createPublicKey({ key: svidKey.jwk, format: 'jwk' })
const signature = sign('sha256', text, svidKey.privateKey)

const baseline = 'one P-256 verification'
const cases: readonly Case[] = [
  {
    name: baseline,
    prepare: () => ({
      count: signed,
      async run() {
        for (let i = 0; i < signed; i++) if (!verify('sha256', text, publicKey, signature)) throw new Error('not good')
      },
    }),
  },
  { name: 'token seen before, alone', bound: below(5), prepare: () => over(same(knownToken), svidAlone) },
  {
    name: 'token seen before, gate',
    bound: below(5),
    prepare: () => over(same(createAsk({ headers: bearer(knownToken) })), throughGate),
  },
  { name: 'new ES256 token, alone', bound: times(1.3), prepare: () => over(fresh(newToken), svidAlone) },
  {
    name: 'new ES256 token, gate',
    bound: times(1.3),
    prepare: () =>
      over(
        fresh(() => createAsk({ headers: bearer(newToken()) })),
        throughGate,
      ),
  },
  {
    name: 'DPoP proof, alone',
    bound: times(1.5),
    prepare: () =>
      over(
        fresh(() => dpopProof(token)),
        checkProof,
      ),
  },
  {
    name: 'DPoP proof and token seen before, gate',
    bound: times(1.5),
    prepare: () =>
      over(
        fresh(() => createAsk({ headers: dpop(token, dpopProof(token)) })),
        throughGate,
      ),
  },
  {
    name: 'X.509-SVID seen before, alone',
    bound: below(10),
    prepare: () => over(same(checkoutCertificate), certificateAlone),
  },
  {
    name: 'X.509-SVID seen before, gate',
    bound: below(10),
    prepare: () => over(same(createAsk({ certificate: checkoutCertificate, pep: vouchingGateway })), throughGate),
  },
]

/** CPU µs of this thread for each input. */
async function measure({ prepare }: Case): Promise<number> {
  const { count, run } = prepare()
  const before = process.threadCpuUsage()
  await run()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / count
}

async function round(): Promise<readonly number[]> {
  const figures: number[] = []
  for (const each of cases) figures.push(await measure(each))
  return figures
}

/** Until no case is quicker than it ever was by more than noise. */
async function warm(): Promise<number> {
  let best = cases.map(() => Number.POSITIVE_INFINITY)
  for (let done = 1; done <= warmUp.most; done++) {
    const figures = await round()
    const falls = figures.some((us, i) => us < (best[i] ?? 0) * warmUp.steady)
    best = best.map((us, i) => Math.min(us, figures[i] ?? us))
    if (done >= warmUp.least && !falls) return done
  }
  return warmUp.most
}

console.log(`warm after ${await warm()} rounds; medians of ${rounds}, of ${cheap} and ${signed} inputs each`)
const measured: (readonly number[])[] = []
for (let i = 0; i < rounds; i++) measured.push(await round())
const usOf = (index: number) => median(measured.map((figures) => figures[index] ?? Number.NaN))
const verification = usOf(cases.findIndex(({ name }) => name === baseline))
for (const [i, { name, bound }] of cases.entries()) {
  const us = usOf(i)
  const verdict = bound ? `${bound.holds(us, verification) ? 'holds' : 'MISSED'}: ${bound.said}` : ''
  console.log(`${name.padEnd(40)} ${us.toFixed(1).padStart(7)} µs  ${(us / verification).toFixed(2)} ×  ${verdict}`)
}
