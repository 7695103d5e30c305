import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { methodNames } from '../../../pdp/core/method-names.ts'
import { instant } from '../../../pdp/core/time.ts'
import { stepUp } from '../../../pdp/identity/step-up.ts'
import { noon } from '../../support/clock.ts'
import { apiKey } from '../../support/clients.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { refusesOnly } from '../../support/twin.ts'
import {
  accessToken,
  bearer,
  checkoutCertificate,
  createAsk,
  orders,
  svid,
  vouchingGateway,
} from '../../support/world.ts'

const withKey = createAsk({ headers: { 'x-api-key': apiKey.text } })
const gateUntil = (method: string, at: number) => createFirstGate({ sunsets: new Map([[method, instant(at)]]) })

test('before its day a kind of credential is taken, and flagged with what comes next', async () => {
  const answer = await gateUntil('api-key', noon + 1)(withKey)
  expect(answer).toMatchObject({
    ok: true,
    value: {
      advice: [
        {
          method: 'api-key',
          sunset: '2026-03-02T12:00:00.001Z',
          next: ['private-key-jwt', 'aws-sigv4'],
          message: expect.stringContaining('signature') as string,
        },
      ],
    },
  })
})

test('from its day on it is refused', () =>
  refusesOnly((at: number) => gateUntil('api-key', at)(withKey), noon + 1, noon, {
    code: 'CREDENTIAL_UNSUPPORTED',
    clause: 'method-sunset',
  }))

test('another kind beside it does not help, and its own is not touched', async () => {
  const both = createAsk({ headers: { ...bearer(svid()), 'x-api-key': apiKey.text } })
  expect(await gateUntil('api-key', noon)(both)).toMatchObject({ ok: false, clause: 'method-sunset' })
  expect(await gateUntil('api-key', noon)(createAsk({ headers: bearer(svid()) }))).toMatchObject({ ok: true })
})

test('the day of a profile is that of its tokens alone', async () => {
  const ask = createAsk({ headers: bearer(accessToken()) })
  expect(await gateUntil('access-token', noon)(ask)).toMatchObject({ ok: false, clause: 'method-sunset' })
  expect(await gateUntil('oidc', noon)(ask)).toMatchObject({ ok: true })
})

test('who proves as little as can be is advised without a day, and nobody else is', async () => {
  const gate = createFirstGate()
  const low = await gate(withKey)
  expect(low).toMatchObject({ ok: true, value: { advice: [{ method: 'api-key' }] } })
  for (const ask of [
    createAsk({ headers: bearer(accessToken()) }),
    createAsk({ certificate: checkoutCertificate, pep: vouchingGateway }),
  ]) {
    const answer = await gate(ask)
    expect(answer.ok && answer.value.advice).toBeUndefined()
  }
})

test('a service that needs more says what to do about it', async () => {
  const ask = createAsk({ headers: { 'x-api-key': apiKey.text }, service: { ...orders, minimumAssurance: 2 } })
  expect(await createFirstGate()(ask)).toMatchObject({
    ok: false,
    code: 'ASSURANCE_REQUIRED',
    detail: `level of assurance is 0, and this service needs 2: ${stepUp('api-key').message}`,
  })
})

test('every kind that a verifier answers with has a name that can be given a day, and a step up', () => {
  const folder = new URL('../../../pdp/identity/verifiers/', import.meta.url)
  const answered = readdirSync(folder).flatMap((name) =>
    [...readFileSync(new URL(name, folder), 'utf8').matchAll(/^\s+method: '([a-z0-9-]+)',$/gm)].map(
      ([, method]) => method,
    ),
  )
  const named = new Set<string | undefined>(methodNames)
  expect(answered.filter((method) => method !== 'issuer-jwt' && !named.has(method))).toEqual([])
  for (const method of methodNames) expect(stepUp(method).next).not.toContain(method)
})
