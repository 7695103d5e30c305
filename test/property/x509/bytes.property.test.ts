import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ok } from '../../../pdp/core/result.ts'
import { createOpenCertificate } from '../../../pdp/identity/open-certificate.ts'
import { createX509SvidVerifier } from '../../../pdp/identity/verifiers/x509-svid.ts'
import { readCertificate } from '../../../pdp/x509/read-certificate.ts'
import { readCertificateList } from '../../../pdp/x509/read-certificate-list.ts'
import { readPem } from '../../../pdp/x509/read-pem.ts'
import { createAuthority, extension, general, pemOf } from '../../support/certificates.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { domain } from '../../support/first-gate.ts'
import { checkout, createAsk, domainAuthority } from '../../support/world.ts'
import { findPath } from '../../support/x509-case.ts'

const middle = domainAuthority.authority('middle', {
  extensions: [
    extension.nameConstraints({
      permitted: [general.uri('prod.example')],
      excluded: [general.ip(10, 0, 0, 0, 255, 0, 0, 0)],
    }),
    extension.policies('1.2.3.4'),
    extension.policyConstraints({ inhibitMapping: 1 }),
  ],
})
const leaf = middle.svid(checkout)
const anchors = [domainAuthority.der]
const verifier = createX509SvidVerifier({
  trustDomain: domain('prod.example'),
  trust: { asOf: () => noon, anchors: async () => ok(anchors) },
})
const { service } = createAsk()

async function isAccepted(...chain: readonly Buffer[]): Promise<boolean> {
  const opened = createOpenCertificate()(pemOf(...chain.map((der) => ({ der }))))
  return opened.ok && (await verifier.verify(opened.value, { service }, frameAt())).ok
}

const flip = (der: Buffer, at: number, mask: number): Buffer => {
  const changed = Buffer.from(der)
  changed[at % der.length] = (changed[at % der.length] ?? 0) ^ mask
  return changed
}
const place = fc.nat(4_000)
const mask = fc.integer({ min: 1, max: 255 })

test('the control: the untouched chain is accepted', async () => {
  expect(await isAccepted(leaf.der, middle.der)).toBe(true)
})

test('a chain of which any byte was changed is never accepted, and never throws', async () => {
  await fc.assert(
    fc.asyncProperty(place, mask, fc.boolean(), async (at, mask, inLeaf) => {
      const chain = inLeaf ? [flip(leaf.der, at, mask), middle.der] : [leaf.der, flip(middle.der, at, mask)]
      return !(await isAccepted(...chain))
    }),
    { numRuns: 3_000 },
  )
}, 60_000)

test('a part cut out, doubled or put elsewhere is never accepted, and never throws', async () => {
  await fc.assert(
    fc.asyncProperty(place, fc.nat(64), place, async (from, length, to) => {
      const { der } = leaf
      const part = der.subarray(from % der.length, (from % der.length) + length + 1)
      const rest = Buffer.concat([der.subarray(0, from % der.length), der.subarray((from % der.length) + part.length)])
      const at = to % (rest.length + 1)
      const moved = Buffer.concat([rest.subarray(0, at), part, rest.subarray(at)])
      const doubled = Buffer.concat([der.subarray(0, at), part, der.subarray(at)])
      const results = [await isAccepted(rest, middle.der), await isAccepted(doubled, middle.der)]
      if (!moved.equals(der)) results.push(await isAccepted(moved, middle.der))
      return results.every((accepted) => !accepted)
    }),
    { numRuns: 500 },
  )
}, 60_000)

test('readers are total', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.string({ maxLength: 300 }), (bytes, text) => {
      for (const read of [readCertificate, readCertificateList]) expect(read(bytes).ok).toBe(false)
      expect(readPem(text, 10).ok).toBe(false)
    }),
    { numRuns: 2_000 },
  )
  fc.assert(
    fc.property(place, mask, (at, mask) => {
      const authority = flip(domainAuthority.der, at, mask)
      expect(typeof findPath({ leaf: leaf.der, through: [middle.der], anchors: [authority] }).ok).toBe('boolean')
    }),
    { numRuns: 500 },
  )
})

test('a signature is not taken over by another certificate', async () => {
  const other = createAuthority('prod.example root')
  expect(await isAccepted(leaf.der, other.der)).toBe(false)
  expect(await isAccepted(middle.der, leaf.der)).toBe(false)
})
