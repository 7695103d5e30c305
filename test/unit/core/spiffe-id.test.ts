import { describe, expect, test } from 'vitest'
import { parseSpiffeId, parseTrustDomain, spiffeIdClauses } from '../../../pdp/core/spiffe-id.ts'
import { refusesOnly } from '../../support/twin.ts'
import { describeVectors } from '../../support/vectors.ts'

const read = (text: string) => parseSpiffeId(text)

describe('a SPIFFE ID is refused', () => {
  const long = (length: number) => `spiffe://td/${'a'.repeat(length - 'spiffe://td/'.length)}`
  const good = 'spiffe://td/ns/sa'
  const { scheme, path, trustDomain, length } = spiffeIdClauses

  test.for<[string, string, string, string]>([
    ['longer than 2048 bytes', long(2048), long(2049), length],
    ['empty', good, '', scheme],
    ['another scheme', good, 'https://td/ns/sa', scheme],
    ['scheme in upper case', good, 'SPIFFE://td/ns/sa', scheme],
    ['scheme in mixed case', good, 'Spiffe://td/ns/sa', scheme],
    ['a leading space', good, ' spiffe://td/ns/sa', scheme],
    ['one slash after the scheme', good, 'spiffe:/td/ns/sa', scheme],
    ['no trust domain', good, 'spiffe://', trustDomain],
    ['no trust domain but a path', good, 'spiffe:///ns/sa', trustDomain],
    ['trust domain in upper case', good, 'spiffe://TD/ns/sa', trustDomain],
    ['user info', good, 'spiffe://user@td/ns/sa', trustDomain],
    ['user info with a password', good, 'spiffe://user:pass@td/ns/sa', trustDomain],
    ['a port', good, 'spiffe://td:8443/ns/sa', trustDomain],
    ['an empty port', good, 'spiffe://td:/ns/sa', trustDomain],
    ['an IPv6 address', good, 'spiffe://[::1]/ns/sa', trustDomain],
    ['percent in the trust domain', good, 'spiffe://t%64/ns/sa', trustDomain],
    ['another alphabet', good, 'spiffe://t\u0434/ns/sa', trustDomain],
    ['a query on the trust domain', good, 'spiffe://td?q', trustDomain],
    ['a fragment on the trust domain', good, 'spiffe://td#f', trustDomain],
    ['a trailing slash', good, `${good}/`, path],
    ['a slash as the path', 'spiffe://td', 'spiffe://td/', path],
    ['an empty segment', good, 'spiffe://td/ns//sa', path],
    ['an empty first segment', good, 'spiffe://td//ns/sa', path],
    ['a dot segment', 'spiffe://td/.ns/sa', 'spiffe://td/./sa', path],
    ['a dot segment at the end', 'spiffe://td/ns/.a', 'spiffe://td/ns/.', path],
    ['a double dot segment', 'spiffe://td/..ns/sa', 'spiffe://td/../sa', path],
    ['a double dot segment at the end', 'spiffe://td/ns/...', 'spiffe://td/ns/..', path],
    ['an encoded slash', good, 'spiffe://td/ns%2Fsa', path],
    ['encoded dots', good, 'spiffe://td/a/%2e%2e/b', path],
    ['a query', good, `${good}?q`, path],
    ['a fragment', good, `${good}#f`, path],
    ['a backslash', good, 'spiffe://td/ns\\sa', path],
    ['a line feed at the end', good, `${good}\n`, path],
    ['NUL', good, `${good}\u0000`, path],
  ])('%s', async ([, twin, defect, clause]) => {
    await refusesOnly(read, twin, defect, { code: 'CREDENTIAL_MALFORMED', clause })
  })

  test('with the code of the caller', () => {
    expect(parseSpiffeId('x', 'CERTIFICATE_REFUSED')).toMatchObject({ ok: false, code: 'CERTIFICATE_REFUSED' })
    expect(parseSpiffeId('spiffe://', 'CERTIFICATE_REFUSED')).toMatchObject({ code: 'CERTIFICATE_REFUSED' })
  })
})

describe('a SPIFFE ID is read', () => {
  test.for([
    ['spiffe://td', 'td', ''],
    ['spiffe://td/a', 'td', '/a'],
    ['spiffe://a.b-c_9/A/b.C-d_0', 'a.b-c_9', '/A/b.C-d_0'],
    ['spiffe://td/...', 'td', '/...'],
    ['spiffe://td/.a/a./..a', 'td', '/.a/a./..a'],
    ['spiffe://../a', '..', '/a'],
  ] as const)('%s', ([id, trustDomain, path]) =>
    expect(read(id)).toEqual({ ok: true, value: { id, trustDomain, path } }),
  )
})

// go-spiffe sweeps its parser the same way: every character, alone, in each place where one may stand
describe('each of the characters 0 to 255', () => {
  const characters = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
  const lower = 'abcdefghijklmnopqrstuvwxyz0123456789-_.'
  const inPath = `${lower}ABCDEFGHIJKLMNOPQRSTUVWXYZ`
  const accepted = (texts: readonly string[], parse: (text: string) => { readonly ok: boolean }) =>
    characters.filter((_, code) => parse(texts[code] ?? '').ok).join('')
  const sorted = (text: string) => Array.from(text).sort().join('')

  test('in a trust domain', () => {
    const texts = characters.map((c) => `spiffe://trust${c}domain`)
    // a slash ends the trust domain: `domain` is a path then
    expect(accepted(texts, read)).toBe(sorted(`${lower}/`))
    expect(accepted(characters, (text) => parseTrustDomain(text))).toBe(sorted(lower))
  })

  test('in a path segment', () => {
    expect(
      accepted(
        characters.map((c) => `spiffe://td/path${c}segment`),
        read,
      ),
    ).toBe(sorted(`${inPath}/`))
    expect(
      accepted(
        characters.map((c) => `spiffe://td/${c}`),
        read,
      ),
    ).toBe(sorted(inPath.replace('.', '')))
    expect(
      accepted(
        characters.map((c) => `spiffe://td/a${c}`),
        read,
      ),
    ).toBe(sorted(inPath))
  })

  test('in the scheme', () => {
    for (let at = 0; at < 'spiffe://'.length; at++) {
      const texts = characters.map((c) => `${'spiffe://'.slice(0, at)}${c}${'spiffe://'.slice(at + 1)}td/a`)
      expect(accepted(texts, read)).toBe('spiffe://'.charAt(at))
    }
  })
})

test('a trust domain of 255 characters is the longest', async () => {
  const expected = { code: 'CREDENTIAL_MALFORMED', clause: spiffeIdClauses.trustDomain } as const
  await refusesOnly((text: string) => parseTrustDomain(text), 'a'.repeat(255), 'a'.repeat(256), expected)
  expect(parseTrustDomain('', 'CERTIFICATE_REFUSED')).toMatchObject({ ok: false, code: 'CERTIFICATE_REFUSED' })
})

interface SpiffeExample {
  readonly id: string
  readonly trustDomain: string
  readonly path?: string
}

const standards = { folder: 'spiffe', originals: 'spiffe/spiffe on GitHub, standards' }

describeVectors('SPIFFE IDs printed in the standards', standards, (vectors) => {
  test('are read', () => {
    const file = vectors<Readonly<Record<'valid' | 'validWithoutPath', SpiffeExample[]>>>('spec-examples.json')
    const examples = [...file.valid, ...file.validWithoutPath]
    expect(examples).toHaveLength(6)
    for (const { id, trustDomain, path = '' } of examples) {
      expect(read(id)).toEqual({ ok: true, value: { id, trustDomain, path } })
    }
  })
})
