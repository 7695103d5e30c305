import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readHeaderForm, readQueryForm } from '../../../pdp/identity/sigv4/read-signature.ts'
import { readPresigned } from '../../../pdp/identity/aws/read-presigned.ts'
import { seconds } from '../../../pdp/core/time.ts'
import { identityToken, presignBySdk, signBySdk } from '../../support/aws-signers.ts'
import { accessKey } from '../../support/clients.ts'
import { noon } from '../../support/clock.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { createAsk } from '../../support/world.ts'

// Whatever the SDK signs is taken, whatever its signers have to escape, sort and fold; and what was signed is all that is.

const segment = fc.stringMatching(/^[A-Za-z0-9 ~!$'()*,:@äß€_-]{1,8}$/).filter((text) => text.trim() !== '')
const text = fc.string({ unit: 'grapheme', maxLength: 8 })
const request = fc.record({
  path: fc.array(segment, { minLength: 1, maxLength: 4 }),
  query: fc.uniqueArray(fc.tuple(fc.stringMatching(/^[A-Za-z][A-Za-z0-9 _.~$-]{0,6}$/), text), {
    maxLength: 4,
    selector: ([name]) => name,
  }),
  header: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 ;="]{0,12}$/),
  form: fc.constantFrom(signBySdk, presignBySdk),
})

const encode = (part: string) =>
  encodeURIComponent(part).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)

test('what the SDK signs is taken, and no other path, query or header', async () => {
  const gate = createFirstGate()
  let nth = 0
  await fc.assert(
    fc.asyncProperty(request, async ({ path, query, header, form }) => {
      const own = ['nth', String(nth++)] as const // two equal requests of one second are one
      const pairs = [...query, own].map(([name, value]) => `${encode(name)}=${encode(value)}`)
      const url = `https://orders.example.org/${path.map(encode).join('/')}?${pairs.join('&')}`
      const signed = await form({ key: accessKey, url, headers: { 'x-custom': header } })
      expect(await gate(createAsk(signed))).toMatchObject({ ok: true })
      const others = [
        { ...signed, url: (signed.url ?? '').replace('.org/', '.org/x') },
        { ...signed, url: `${signed.url}&more=1` },
        { ...signed, covered: { ...signed.covered, 'x-custom': [`${header}x`] } },
      ]
      for (const other of others) expect(await gate(createAsk(other))).toMatchObject({ ok: false })
    }),
    { numRuns: 40 },
  )
})

test('readers answer, whatever they are given', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (given) => {
      const read = [
        readHeaderForm(given),
        readHeaderForm(`AWS4-HMAC-SHA256 ${given}`),
        readQueryForm(given),
        readPresigned(identityToken(given), ['https://sts.amazonaws.com'], noon, seconds(5)),
      ]
      expect(read.map(({ ok }) => ok)).toEqual([false, false, false, false])
    }),
    { numRuns: 300 },
  )
})
