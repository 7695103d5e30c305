import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readClientCert } from '../../../pdp/identity/forwarded/client-cert.ts'
import { readXfcc, type XfccElement } from '../../../pdp/identity/forwarded/read-xfcc.ts'
import { readPem } from '../../../pdp/x509/read-pem.ts'

// What a proxy writes is read as it was meant, and nothing that stands in a value becomes a pair or an element.

const keys = ['By', 'Hash', 'Cert', 'Chain', 'Subject', 'Issuer', 'URI', 'DNS'] as const
const repeated: readonly string[] = ['By', 'URI', 'DNS']
const value = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 30 }),
  fc.constantFrom(',By=x', ';Hash=y', '"', '\\', '\\"', '",By="x', 'a=b', ' ', 'é'),
)
const pairs = fc
  .array(fc.tuple(fc.constantFrom(...keys), value), { minLength: 1, maxLength: 8 })
  .map((all) => all.filter(([key], i) => repeated.includes(key) || all.findIndex(([each]) => each === key) === i))
const elements = fc.array(pairs, { minLength: 1, maxLength: 5 })

const quote = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`
const needsQuotes = /[^!#-+\--:<-~]/
const write = (all: readonly (readonly (readonly [string, string])[])[], separator: string, mixed: boolean) =>
  all
    .map((element) =>
      element
        .map(([key, text]) => `${mixed ? key.toUpperCase() : key}=${needsQuotes.test(text) ? quote(text) : text}`)
        .join(';'),
    )
    .join(separator)

const meant = (element: readonly (readonly [string, string])[]): XfccElement => {
  const of = (name: string) => element.flatMap(([key, text]) => (key === name ? [text] : []))
  const [[hash], [cert], [chain]] = [of('Hash'), of('Cert'), of('Chain')]
  return {
    by: of('By'),
    ...(hash !== undefined && { hash }),
    ...(cert !== undefined && { cert }),
    ...(chain !== undefined && { chain }),
  }
}

test('what is written is read: text', () => {
  fc.assert(
    fc.property(elements, fc.constantFrom(',', ', ', '\t,'), fc.boolean(), (all, separator, mixed) => {
      expect(readXfcc(write(all, separator, mixed))).toEqual({ ok: true, value: all.map(meant) })
    }),
    { numRuns: 2_000 },
  )
})

test('what is written is read: JSON', () => {
  fc.assert(
    fc.property(elements, (all) => {
      const objects = all.map((element) =>
        Object.fromEntries(
          keys.flatMap((key): readonly (readonly [string, string | readonly string[]])[] => {
            const found = element.flatMap(([each, text]) => (each === key ? [text] : []))
            const [text] = found
            if (text === undefined) return []
            if (key === 'Chain') return [[key, [text.slice(0, 3), text.slice(3)]]] // a list of certificates there
            return [[key, found.length === 1 ? text : found]]
          }),
        ),
      )
      expect(readXfcc(JSON.stringify(objects))).toEqual({ ok: true, value: all.map(meant) })
    }),
    { numRuns: 1_000 },
  )
})

test('a name that is not quoted, as Envoy appends it, adds an element or a pair by nothing but a comma or a semicolon', () => {
  const name = fc.stringMatching(/^[ -~]{0,40}$/)
  fc.assert(
    fc.property(name, (uri) => {
      const read = readXfcc(`By=spiffe://a/b;Hash=00;URI=${uri}`)
      if (read.ok && !/[,;]/.test(uri)) expect(read.value).toEqual([{ by: ['spiffe://a/b'], hash: '00' }])
    }),
    { numRuns: 3_000 },
  )
})

test('any text is read or refused, in time that grows with its length', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.stringMatching(/^(?:[A-Za-z]{1,4}=|"|\\|,|;|x){0,60}$/),
    fc.json({ maxDepth: 4 }),
  )
  fc.assert(
    fc.property(text, (header) => {
      const read = readXfcc(header)
      expect(read.ok || ['CREDENTIAL_MALFORMED'].includes(read.code)).toBe(true)
    }),
    { numRuns: 3_000 },
  )
  const before = process.cpuUsage()
  for (const unit of ['a="', 'a=\\', '\\"', 'By=x,', 'By=x;', '"', 'a', '[', ' ,']) readXfcc(unit.repeat(30_000))
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(500)
})

test('RFC 9440: byte sequences are read as they were written, and any text is read or refused', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 60 })
  const sequence = (each: Uint8Array) => `:${Buffer.from(each).toString('base64')}:`
  fc.assert(
    fc.property(bytes, fc.array(bytes, { maxLength: 4 }), fc.constantFrom(',', ', ', ' ,\t'), (leaf, others, comma) => {
      const chain = others.length === 0 ? undefined : others.map(sequence).join(comma)
      const read = readClientCert(sequence(leaf), chain)
      if (!read.ok) throw new Error(read.detail)
      const pem = readPem(read.value, 10)
      expect(pem.ok && pem.value.map((each) => Buffer.from(each))).toEqual(
        [leaf, ...others].map((each) => Buffer.from(each)),
      )
    }),
  )
  fc.assert(
    fc.property(fc.stringMatching(/^[:A-Za-z0-9+/=, ;]{0,30}$/), (text) => {
      const read = readClientCert(text, undefined)
      expect(read.ok || read.code === 'CREDENTIAL_MALFORMED').toBe(true)
    }),
    { numRuns: 2_000 },
  )
})
