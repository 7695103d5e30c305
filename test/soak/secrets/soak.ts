import type { Ask } from '../../../pdp/core/ask.ts'
import { newKeyId, newKeySecret, readApiKey, writeApiKey } from '../../../pdp/identity/registry/api-key-text.ts'
import { createVerify } from '../../../pdp/identity/verify.ts'
import type { Verifier } from '../../../pdp/seams.ts'
import { apiKey, basic, hmacToken, registryOf, worldClients } from '../../support/clients.ts'
import { apiKeyVerifier, firstGateParts } from '../../support/first-gate.ts'
import { bearer, createAsk } from '../../support/world.ts'
import { type Comparison, compareTimes } from './run.ts'

// Whether an unknown id and a wrong secret can be told apart by how long they take. The comparison must first find a planted
// difference: a verifier that does no work for ids that it does not know.

/**
 * What counts as told apart: a difference of the means that is no chance (|t| above 4.5) and of more than 0.5 µs, which is far
 * below what a network lets anybody see. What is planted is some ten microseconds.
 */
export const isLeak = ({ t, means: [a, b] }: Comparison): boolean => Math.abs(t) > 4.5 && Math.abs(a - b) > 0.5

interface Kind {
  readonly name: string
  readonly unknown: readonly Ask[]
  readonly wrong: readonly Ask[]
}

const many = 64
const of = <T>(make: (bytes: Uint8Array) => T): readonly T[] =>
  Array.from({ length: many }, (_, i) => make(Buffer.alloc(32, `${i} of many`)))

const known = readApiKey(apiKey.text)
if (!known) throw new Error('the key of the world is none')
const nobody = newKeyId(Buffer.alloc(11, 'nobody'))
const withKey = (text: string) => createAsk({ headers: { 'x-api-key': text } })
const withBasic = (id: string, secret: string) =>
  createAsk({ headers: { authorization: `Basic ${basic(id, secret)}` } })

const kinds: readonly [Kind, ...Kind[]] = [
  {
    name: 'api-key',
    unknown: of((bytes) => withKey(writeApiKey({ ...known, id: nobody, secret: newKeySecret(bytes) }))),
    wrong: of((bytes) => withKey(writeApiKey({ ...known, secret: newKeySecret(bytes) }))),
  },
  {
    name: 'client-secret',
    unknown: of((bytes) => withBasic('checkxxx', newKeySecret(bytes))),
    wrong: of((bytes) => withBasic('checkout', newKeySecret(bytes))),
  },
  {
    name: 'hmac-token',
    unknown: of((bytes) =>
      createAsk({ headers: bearer(hmacToken({ header: { kid: 'checkout-xxx' }, secret: Buffer.from(bytes) })) }),
    ),
    wrong: of((bytes) => createAsk({ headers: bearer(hmacToken({ secret: Buffer.from(bytes) })) })),
  },
]

/** The comparison where there is a difference, in a verifier that does no work for ids that it does not know. */
export async function findPlanted(samples: number): Promise<Comparison> {
  const verify = createVerify({ ...firstGateParts(), verifiers: [leaky()], links: [] })
  const [{ unknown, wrong }] = kinds
  return compareTimes(verify, [unknown, wrong], { samples, random: Math.random })
}

/** Answers whether nothing can be told apart, and what was planted is found. */
export async function soakSecrets(samples: number, json: boolean): Promise<boolean> {
  const random = Math.random
  const gate = createVerify(firstGateParts())
  const [first] = kinds
  await compareTimes(gate, [first.unknown, first.wrong], { samples: Math.min(samples, 5_000), random }) // to warm up
  const rows: (Comparison & { readonly name: string; readonly good: boolean })[] = []
  const found = await findPlanted(samples)
  rows.push({ name: 'planted: no work for unknown ids', ...found, good: isLeak(found) })
  for (const { name, unknown, wrong } of kinds) {
    const compared = await compareTimes(gate, [unknown, wrong], { samples, random })
    rows.push({ name, ...compared, good: !isLeak(compared) })
  }
  const good = rows.every((row) => row.good)
  if (json) console.log(JSON.stringify({ samples, rows, good }))
  else
    for (const { name, t, means, good } of rows) {
      const [unknown, wrong] = means
      console.log(
        `${good ? 'good' : 'BAD '} ${name}: t ${t.toFixed(2)}, unknown ${unknown.toFixed(2)} µs, wrong ${wrong.toFixed(2)} µs`,
      )
    }
  return good
}

/** A verifier of API keys that answers at once for ids that it does not know. */
function leaky(): Verifier {
  const registry = registryOf(worldClients)
  const verifier = apiKeyVerifier(registry)
  return {
    ...verifier,
    async verify(credential, expected, frame) {
      const key = credential.form === 'key' ? readApiKey(credential.text) : undefined
      const found = key && (await registry.find({ method: 'api-key', key: key.id }, frame))
      if (found?.ok && found.value.length === 0) {
        return { ok: false, code: 'CREDENTIAL_REFUSED', clause: verifier.method, detail: '' } as never
      }
      return verifier.verify(credential, expected, frame)
    },
  }
}
