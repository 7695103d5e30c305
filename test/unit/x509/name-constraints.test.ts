import { describe, expect, test } from 'vitest'
import { createAuthority, extension, general, name } from '../../support/certificates.ts'
import { der, oid, sequence, text } from '../../support/der.ts'
import { refusesOnly } from '../../support/twin.ts'
import { findPath, type PathCase } from '../../support/x509-case.ts'

type Halves = Parameters<typeof extension.nameConstraints>[0]

const email = (value: string) => sequence(oid('1.2.840.113549.1.9.1'), text(0x16, value))

/** A leaf of these names under a root of these constraints. The profile of leaves alone, so that only names decide. */
function under(constraints: Halves, names: readonly Buffer[], subject = name()): PathCase {
  const root = createAuthority('root', { extensions: [extension.nameConstraints(constraints)] })
  const extensions = names.length > 0 ? [extension.names(names, true)] : []
  return { leaf: root.issue({ subject, extensions }).der, anchors: [root.der], rules: { profile: 'all' } }
}
const permitting = (base: Buffer, ...names: readonly Buffer[]) => under({ permitted: [base] }, names)
const excluding = (base: Buffer, ...names: readonly Buffer[]) => under({ excluded: [base] }, names)

const permitted = 'rfc5280-6.1.3-permitted-subtrees'
const excluded = 'rfc5280-6.1.3-excluded-subtrees'
const unknown = 'rfc5280-4.2.1.10-name-form-processed'
const malformed = 'rfc5280-4.2.1.10-name-constraints'

const { dns, uri, ip, directory, other } = general
const mail = general.email
const range = (...bytes: readonly number[]) => ip(...bytes)

type Row = readonly [what: string, twin: PathCase, defect: PathCase, clause: string]

const permittedRows: readonly Row[] = [
  [
    'dns: another domain',
    permitting(dns('example.com'), dns('a.example.com')),
    permitting(dns('example.com'), dns('a.example.net')),
    permitted,
  ],
  [
    'dns: a domain that ends alike',
    permitting(dns('example.com'), dns('EXAMPLE.com')),
    permitting(dns('example.com'), dns('badexample.com')),
    permitted,
  ],
  [
    'dns: one of several',
    permitting(dns('example.com'), dns('example.com'), dns('b.example.com')),
    permitting(dns('example.com'), dns('example.com'), dns('example.net')),
    permitted,
  ],
  [
    'dns: a wildcard that reaches further',
    permitting(dns('example.com'), dns('*.example.com')),
    permitting(dns('a.example.com'), dns('*.example.com')),
    permitted,
  ],
  [
    'dns: every name',
    permitting(dns(''), dns('example.com')),
    under({ permitted: [dns('')], excluded: [dns('example.com')] }, [dns('example.com')]),
    excluded,
  ],
  [
    'uri: another host',
    permitting(uri('prod.example'), uri('spiffe://prod.example/a')),
    permitting(uri('prod.example'), uri('spiffe://dev.example/a')),
    permitted,
  ],
  [
    'uri: a host below a base without a period',
    permitting(uri('.example'), uri('spiffe://prod.example/a')),
    permitting(uri('example'), uri('spiffe://prod.example/a')),
    permitted,
  ],
  [
    'uri: the domain of a base with a period',
    permitting(uri('.prod.example'), uri('spiffe://eu.prod.example/a')),
    permitting(uri('.prod.example'), uri('spiffe://prod.example/a')),
    permitted,
  ],
  [
    'uri: the host as a user name',
    permitting(uri('prod.example'), uri('https://user@prod.example:443/a')),
    permitting(uri('prod.example'), uri('https://prod.example@dev.example/a')),
    permitted,
  ],
  [
    'uri: the host in the path',
    permitting(uri('prod.example'), uri('https://prod.example/a')),
    permitting(uri('prod.example'), uri('https://dev.example/prod.example')),
    permitted,
  ],
  [
    'uri: no host',
    permitting(uri('prod.example'), uri('https://prod.example?x')),
    permitting(uri('prod.example'), uri('urn:prod.example')),
    unknown,
  ],
  [
    'uri: an empty host',
    permitting(uri('prod.example'), uri('https://PROD.example#x')),
    permitting(uri('prod.example'), uri('https:///prod.example')),
    unknown,
  ],
  [
    'uri: an address for a host',
    permitting(uri('prod.example'), uri('https://prod.example')),
    permitting(uri('prod.example'), uri('https://10.0.0.1')),
    unknown,
  ],
  [
    'uri: an address of version 6',
    permitting(uri('prod.example'), uri('https://prod.example')),
    permitting(uri('prod.example'), uri('https://[::1]/')),
    unknown,
  ],
  [
    'ip: another network',
    permitting(range(10, 0, 0, 0, 255, 0, 0, 0), ip(10, 1, 2, 3)),
    permitting(range(10, 0, 0, 0, 255, 0, 0, 0), ip(11, 1, 2, 3)),
    permitted,
  ],
  [
    'ip: another version',
    permitting(range(10, 0, 0, 0, 255, 0, 0, 0), ip(10, 1, 2, 3)),
    permitting(range(10, 0, 0, 0, 255, 0, 0, 0), ip(...Array<number>(16).fill(0))),
    permitted,
  ],
  [
    'email: another mailbox',
    permitting(mail('a@example.com'), mail('a@EXAMPLE.com')),
    permitting(mail('a@example.com'), mail('A@example.com')),
    permitted,
  ],
  [
    'email: another host',
    permitting(mail('example.com'), mail('b@example.com')),
    permitting(mail('example.com'), mail('b@mail.example.com')),
    permitted,
  ],
  [
    'email: the domain of a base with a period',
    permitting(mail('.example.com'), mail('b@mail.example.com')),
    permitting(mail('.example.com'), mail('b@example.com')),
    permitted,
  ],
  [
    'email: no mailbox',
    permitting(mail('example.com'), mail('b@example.com')),
    permitting(mail('example.com'), mail('example.com')),
    unknown,
  ],
  [
    'email: in the subject, without alternatives',
    under({ permitted: [mail('example.com')] }, [], name('x', email('b@example.com'))),
    under({ permitted: [mail('example.com')] }, [], name('x', email('b@example.net'))),
    permitted,
  ],
  [
    'directory: another name',
    permitting(directory(name('a')), directory(name('a', 'b'))),
    permitting(directory(name('a')), directory(name('b', 'a'))),
    permitted,
  ],
  [
    'directory: case and spaces',
    permitting(directory(name('A  b')), directory(name(' a B'))),
    permitting(directory(name('A  b')), directory(name('ab'))),
    permitted,
  ],
  [
    'directory: the subject',
    under({ permitted: [directory(name('a'))] }, [dns('x.example')], name('a', 'b')),
    under({ permitted: [directory(name('a'))] }, [dns('x.example')], name('b')),
    permitted,
  ],
  [
    'another kind is free',
    permitting(dns('example.com'), uri('spiffe://prod.example/a')),
    permitting(dns('example.com'), dns('prod.example')),
    permitted,
  ],
]

const excludedRows: readonly Row[] = [
  [
    'dns: below',
    excluding(dns('example.com'), dns('example.net')),
    excluding(dns('example.com'), dns('a.example.com')),
    excluded,
  ],
  [
    'dns: a wildcard that reaches it (CVE-2025-61727)',
    excluding(dns('a.b.example.com'), dns('*.example.com')),
    excluding(dns('a.example.com'), dns('*.example.com')),
    excluded,
  ],
  [
    'dns: a name that is none',
    excluding(dns('example.com'), dns('example.net')),
    excluding(dns('example.com'), general.dns('*.*.net')),
    'rfc5280-4.2.1.6-dns-name',
  ],
  [
    'uri: the host',
    excluding(uri('dev.example'), uri('spiffe://prod.example/a')),
    excluding(uri('dev.example'), uri('spiffe://DEV.example/a')),
    excluded,
  ],
  [
    'uri: below',
    excluding(uri('.example'), uri('spiffe://example/a')),
    excluding(uri('.example'), uri('spiffe://dev.example/a')),
    excluded,
  ],
  [
    'uri: no host',
    excluding(uri('dev.example'), uri('spiffe://prod.example')),
    excluding(uri('dev.example'), uri('mailto:a@dev.example')),
    unknown,
  ],
  [
    'ip: within',
    excluding(range(10, 0, 0, 0, 255, 0, 0, 0), ip(11, 0, 0, 1)),
    excluding(range(10, 0, 0, 0, 255, 0, 0, 0), ip(10, 0, 0, 1)),
    excluded,
  ],
  [
    'email: the mailbox',
    excluding(mail('a@example.com'), mail('b@example.com')),
    excluding(mail('a@example.com'), mail('a@example.com')),
    excluded,
  ],
  [
    'a kind that nothing compares',
    excluding(other('x'), uri('spiffe://prod.example/a')),
    excluding(other('x'), other('y')),
    unknown,
  ],
]

const malformedRows: readonly (readonly [string, Buffer, Buffer])[] = [
  ['dns with a leading period', dns('example.com'), dns('.example.com')],
  ['dns with a wildcard', dns('example.com'), dns('*.example.com')],
  ['uri with a scheme', uri('prod.example'), uri('spiffe://prod.example')],
  ['uri without a host', uri('.example'), uri('')],
  ['email with two at signs', mail('a@example.com'), mail('a@b@example.com')],
  ['email of no host', mail('.example.com'), mail('..example.com')],
  ['an address without a mask', ip(10, 0, 0, 0, 255, 0, 0, 0), ip(10, 0, 0, 0)],
  ['a mask with a hole', ip(10, 0, 0, 0, 255, 0, 0, 0), ip(10, 0, 0, 0, 255, 0, 255, 0)],
]

const run = (rows: readonly Row[]) =>
  test.for(rows)('%s', async ([, twin, defect, clause]) => {
    await refusesOnly(findPath, twin, defect, { code: 'CERTIFICATE_REFUSED', clause })
  })

describe('permitted subtrees', () => {
  run(permittedRows)
})
describe('excluded subtrees', () => {
  run(excludedRows)
})

describe('constraints that are malformed', () => {
  const refused = { code: 'CREDENTIAL_MALFORMED', clause: malformed } as const
  const names = [directory(name('x'))]
  test.for(malformedRows)('%s', async ([, twin, defect]) => {
    await refusesOnly(findPath, under({ excluded: [twin] }, names), under({ excluded: [defect] }, names), refused)
  })

  test.for([
    ['none', sequence()],
    ['an empty half', sequence(der(0xa0))],
    ['a minimum', sequence(der(0xa0, sequence(dns('a.example'), der(0x80, Buffer.from([0])))))],
    ['another half', sequence(der(0xa1, sequence(dns('a.example'))), der(0xa2))],
  ] as const)('%s', async ([, value]) => {
    const root = createAuthority('root', { extensions: [{ id: '2.5.29.30', critical: true, value }] })
    const defect = { leaf: root.issue().der, anchors: [root.der] }
    await refusesOnly(findPath, under({ excluded: [dns('a.example')] }, names), defect, refused)
  })
})

describe('along a path', () => {
  const root = createAuthority('root', { extensions: [extension.nameConstraints({ permitted: [dns('example.com')] })] })
  const leafOf = (authority: typeof root, through: readonly Buffer[], ...names: readonly Buffer[]): PathCase => ({
    leaf: authority.issue({ extensions: [extension.names(names)] }).der,
    through,
    anchors: [root.der],
  })

  test('a constraint below narrows, and never widens, one above', async () => {
    const narrow = root.authority('narrow', {
      extensions: [extension.nameConstraints({ permitted: [dns('a.example.com'), dns('example.net')] })],
    })
    const ask = (value: string) => leafOf(narrow, [narrow.der], dns(value))
    const expected = { code: 'CERTIFICATE_REFUSED', clause: permitted } as const
    await refusesOnly(findPath, ask('x.a.example.com'), ask('b.example.com'), expected)
    await refusesOnly(findPath, ask('a.example.com'), ask('example.net'), expected)
  })

  test('names of an intermediate count, but not of a self-issued one', async () => {
    const bad = root.authority('bad', { extensions: [extension.names([dns('example.net')])] })
    const own = root.authority('root', { extensions: [extension.names([dns('example.net')])] })
    await refusesOnly(
      findPath,
      leafOf(own, [own.der], dns('example.com')),
      leafOf(bad, [bad.der], dns('example.com')),
      {
        code: 'CERTIFICATE_REFUSED',
        clause: permitted,
      },
    )
  })

  test('too many names and constraints are refused in time', () => {
    const many = Array.from({ length: 400 }, (_, i) => dns(`n${i}.example`))
    const wide = createAuthority('wide', {
      extensions: [extension.nameConstraints({ excluded: many.map((_, i) => dns(`x${i}.example`)) })],
    })
    const narrow = createAuthority('narrow', {
      extensions: [extension.nameConstraints({ permitted: [dns('example'), ...many] })],
    })
    const mixed = Array.from({ length: 400 }, (_, i) => uri(`spiffe://n${i}.example/x`))
    expect(
      findPath({ leaf: narrow.issue({ extensions: [extension.names(mixed)] }).der, anchors: [narrow.der] }),
    ).toMatchObject({
      ok: false,
      clause: 'x509-name-comparisons',
    })
    const before = process.cpuUsage()
    const found = findPath({ leaf: wide.issue({ extensions: [extension.names(many)] }).der, anchors: [wide.der] })
    expect(found).toMatchObject({ ok: false, clause: 'x509-name-comparisons' })
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(200)
  })
})
