import { expect, test } from 'vitest'
import { readTarget } from '../../../pdp/net/read-target.ts'

const listed = new Set(['https://10.0.0.1', 'https://login.internal:8443', 'http://127.0.0.1:8080', 'http://10.0.0.1'])
const read = (url: string) => readTarget(url, listed)

/** What is refused, the URL that differs in that alone, and the kind of the fault. */
const refused = [
  ['no scheme', 'login.example/keys', 'https://login.example/keys', 'url'],
  ['plain http', 'http://login.example/keys', 'https://login.example/keys', 'url'],
  ['another scheme', 'file://login.example/keys', 'https://login.example/keys', 'url'],
  ['an http origin with another port', 'http://127.0.0.1:8081/', 'http://127.0.0.1:8080/', 'url'],
  ['an http origin that is not loopback', 'http://10.0.0.1/', 'https://10.0.0.1/', 'address'],
  ['user information', 'https://user@login.example/', 'https://login.example/', 'url'],
  ['a password alone', 'https://:secret@login.example/', 'https://login.example/', 'url'],
  ['a fragment', 'https://login.example/#a', 'https://login.example/?a', 'url'],
  ['an empty fragment', 'https://login.example/#', 'https://login.example/', 'url'],
  ['a private address not listed', 'https://10.0.0.2/', 'https://10.0.0.1/', 'address'],
  ['an address as one number', 'https://2130706433/', 'https://16843009/', 'address'],
  ['an address in hexadecimal', 'https://0x7f.1/', 'https://0x1.1.1.1/', 'address'],
  ['an address in octal', 'https://0177.0.0.1/', 'https://01.1.1.1/', 'address'],
  ['an IPv6 loopback', 'https://[::1]/', 'https://[2606:4700::1]/', 'address'],
  ['an IPv4-mapped address', 'https://[::ffff:8.8.8.8]/', 'https://8.8.8.8/', 'address'],
  ['cloud metadata', 'https://169.254.169.254/', 'https://169.253.169.254/', 'address'],
  ['4097 characters', `https://login.example/${'a'.repeat(4075)}`, `https://login.example/${'a'.repeat(4074)}`, 'url'],
] as const

test.each(refused)('refuses %s', (_, defect, twin, kind) => {
  expect(read(twin)).toMatchObject({ ok: true })
  expect(read(defect)).toMatchObject({ ok: false, fault: { kind } })
})

test.each([
  ['https://login.example/keys?a=1', 'login.example', 443, ['public']],
  ['https://LOGIN.internal:8443/', 'login.internal', 8443, ['public', 'private', 'loopback']],
  ['https://login.internal/', 'login.internal', 443, ['public']],
  ['http://127.0.0.1:8080/', '127.0.0.1', 8080, ['loopback']],
  ['https://[2606:4700::1]:444/', '2606:4700::1', 444, ['public']],
])('%s', (url, host, port, mayReach) => {
  const target = read(url)
  if (!target.ok) throw new Error(target.fault.detail)
  expect(target.value).toMatchObject({ host, port })
  expect([...target.value.mayReach]).toEqual(mayReach)
})

test('an http origin without a port is port 80', () => {
  expect(readTarget('http://127.0.0.1/', new Set(['http://127.0.0.1']))).toMatchObject({
    ok: true,
    value: { port: 80 },
  })
})
