import { accessToken, boundTo, dpopProof, invoicing } from '../credentials.ts'
import type { DemoKey } from '../demo-key.ts'
import { allowed, ask, bearer, denied, dpop, paymentPath, urlOf } from './ask.ts'
import type { Call, Group, Stage } from './row.ts'

const payment = { path: paymentPath }
const paymentUrl = urlOf(paymentPath)

const boundToken = ({ world, now }: Stage): string =>
  accessToken(world, invoicing, 'orders', now(), { claims: boundTo(world.client) })

interface ProofParts {
  readonly key?: DemoKey
  readonly over?: string
  readonly url?: string
}

/** A bound token with a proof by its key over it for this request, unless told otherwise. */
function withProof(stage: Stage, { key = stage.world.client, over, url = paymentUrl }: ProofParts = {}): Call {
  const token = boundToken(stage)
  const proof = dpopProof(key, over ?? token, { method: 'GET', url }, stage.now())
  return ask(dpop(token, proof), payment)
}

/** The first gate: possession of a key (RFC 9449). */
export const proofRows: Group = {
  title: 'Does the caller hold the key its token is bound to',
  rows: [
    {
      asked: 'a bound token with its proof',
      calls: (stage) => [withProof(stage)],
      expected: allowed('standing_right + mask_fields'),
    },
    {
      asked: 'the same proof again',
      calls: (stage) => {
        const call = withProof(stage)
        return [call, call]
      },
      expected: denied('REPLAYED', 'first-use'),
    },
    {
      asked: 'a proof for another token',
      calls: (stage) => [withProof(stage, { over: boundToken(stage) })],
      expected: denied('PROOF_INVALID', 'rfc9449-4.3.12-ath'),
    },
    {
      asked: 'a proof for another URL',
      calls: (stage) => [withProof(stage, { url: urlOf('/v1/payments/1043') })],
      expected: denied('PROOF_INVALID', 'rfc9449-4.3.9-htu'),
    },
    {
      asked: 'a proof by another key',
      calls: (stage) => [withProof(stage, { key: stage.world.stranger })],
      expected: denied('PROOF_INVALID', 'rfc9449-4.3.12-key-of-token'),
    },
    {
      asked: 'a stolen bound token, sent as bearer',
      calls: (stage) => [ask(bearer(boundToken(stage)), payment)],
      expected: denied('PROOF_REQUIRED', 'rfc9449-7.2-bound-token-as-bearer'),
    },
  ],
}
