import { expect, test } from 'vitest'
import {
  createAuthority,
  createCertificate,
  createKeyPair,
  extension,
  general,
  name,
  type TestAuthority,
} from '../support/certificates.ts'
import { findPath, type PathCase } from '../support/x509-case.ts'

// Whoever sends a chain chooses what is searched. Every search ends within 200 ms of the processor's time, and finds what
// there is to find where that can be done.

const names = extension.names([general.uri('spiffe://prod.example/checkout')])
const many = (n: number) => Array.from({ length: n }, (_, i) => i)

/** One certificate more for the authority's name and key, signed by another. */
function crossSigned(authority: TestAuthority, by: TestAuthority, key = authority.key): Buffer {
  const extensions = [
    extension.basicConstraints(true),
    extension.keyUsage(['keyCertSign']),
    extension.subjectKeyId(key.publicKey),
    extension.authorityKeyId(by.key.publicKey),
  ]
  return createCertificate({ subject: authority.subject, issuer: by.subject, key, extensions }, by.key.privateKey).der
}

const root = createAuthority('root')
const leafOf = (authority: TestAuthority) => authority.issue({ extensions: [names] }).der

const cases: readonly (readonly [string, () => PathCase, string | undefined])[] = [
  [
    'a hundred certificates of one name and key',
    () => {
      const own = createAuthority('own')
      return { leaf: leafOf(own), through: many(100).map(() => crossSigned(own, own)), anchors: [root.der] }
    },
    'x509-path-search-bounded',
  ],
  [
    'sixty authorities of one name, each with a key of its own',
    () => {
      const keys = many(61).map(() => createAuthority('same'))
      return { leaf: leafOf(keys[0] ?? root), through: keys.slice(1).map(({ der }) => der), anchors: [root.der] }
    },
    'rfc5280-6.1.3-signature',
  ],
  [
    'ten authorities that all sign each other',
    () => {
      const all = many(10).map((i) => createAuthority(`authority ${i}`))
      const through = all.flatMap((a) => all.filter((b) => b !== a).map((b) => crossSigned(a, b)))
      return { leaf: leafOf(all[0] ?? root), through, anchors: [root.der] }
    },
    'x509-path-search-bounded',
  ],
  [
    'the same, of which one is below the root',
    () => {
      const all = many(10).map((i) => createAuthority(`authority ${i}`))
      const through = all.flatMap((a) => all.filter((b) => b !== a).map((b) => crossSigned(a, b)))
      const first = all[0] ?? root
      return { leaf: leafOf(first), through: [...through, crossSigned(first, root)], anchors: [root.der] }
    },
    undefined,
  ],
  [
    'sixty ways to the root that all end in a constraint',
    () => {
      const own = createAuthority('own')
      const denied = createAuthority('root', {
        extensions: [extension.nameConstraints({ excluded: [general.uri('prod.example')] })],
      })
      const ways = many(60).map((i) => createAuthority(`way ${i}`, {}, denied))
      return {
        leaf: leafOf(own),
        through: ways.flatMap((way) => [way.der, crossSigned(own, way)]),
        anchors: [denied.der],
      }
    },
    'x509-path-search-bounded',
  ],
  [
    'on the slowest curve',
    () => {
      const keys = many(120).map(() => createAuthority('same', { key: createKeyPair('P-521') }))
      return { leaf: leafOf(keys[0] ?? root), through: keys.slice(1).map(({ der }) => der), anchors: [root.der] }
    },
    'x509-path-search-bounded',
  ],
]

test.for(cases)('%s', ([, make, clause]) => {
  const one = make()
  const before = process.cpuUsage()
  const found = findPath(one)
  const { user, system } = process.cpuUsage(before)
  expect(found.ok ? undefined : found.clause).toBe(clause)
  expect((user + system) / 1000).toBeLessThan(200)
})

test('a self-issued chain longer than any real one', () => {
  let last = createAuthority('same')
  const top = last
  const through = many(20).map(() => {
    const next = createAuthority('same', {}, last)
    last = next
    return next.der
  })
  expect(findPath({ leaf: leafOf(last), through, anchors: [top.der] })).toMatchObject({ ok: false })
  expect(name('same').equals(last.subject)).toBe(true)
})
