import { describe, expect, test } from 'vitest'
import { readRequestFacts } from '../../../pdp/core/request-facts.ts'

const read = (url: string, method = 'GET') => readRequestFacts(method, url)
const at = (path: string) => read(`https://orders.example.org${path}`)

describe('a request taken apart', () => {
  test('parts are as received', () => {
    expect(read('HTTPS://Orders.Example.org:8443/v1/Orders/42?a=1&b=x+y&a=%32&c&=d&')).toEqual({
      ok: true,
      value: {
        method: 'GET',
        scheme: 'https',
        host: 'orders.example.org:8443',
        rawPath: '/v1/Orders/42',
        path: '/v1/Orders/42',
        segments: ['v1', 'Orders', '42'],
        query: { a: ['1', '2'], b: ['x y'], c: [''], '': ['d'] },
        rawQuery: 'a=1&b=x+y&a=%32&c&=d&',
        headers: {},
      },
    })
  })

  test('an empty query is one, an absent one is none', () => {
    expect(read('https://a.example/?')).toMatchObject({ value: { rawQuery: '' } })
    expect(read('https://a.example/')).not.toMatchObject({ value: { rawQuery: expect.anything() } })
  })

  test.each([
    ['no path', 'https://a.example', '/', ['']],
    ['no path with a query', 'https://a.example?x=1', '/', ['']],
    ['escaped unreserved characters', 'https://a.example/%41%7e%2D', '/A~-', ['A~-']],
    ['lower-case escapes', 'https://a.example/%c3%a9', '/%C3%A9', ['%C3%A9']],
    ['an IPv6 address', 'http://[::1]:7070/a', '/a', ['a']],
  ])('%s', (_name, url, path, segments) => {
    const facts = read(url)
    expect(facts).toMatchObject({ ok: true, value: { path, segments } })
    expect(facts.ok && facts.value.ambiguity).toBeUndefined()
  })

  test('a parameter called __proto__ is one', () => {
    const facts = read('https://a.example/?__proto__=1')
    expect(facts.ok && Object.keys(facts.value.query)).toEqual(['__proto__'])
  })
})

describe('malformed', () => {
  test.each([
    ['GET ', 'https://a.example/', 'rfc9110-9.1-method'],
    ['', 'https://a.example/', 'rfc9110-9.1-method'],
    ['get', 'https://a.example/', 'rfc9110-9.1-method'],
    ['GET', `https://a.example/${'a'.repeat(8192)}`, 'request-url-length'],
    ['GET', 'https://a.example/ ', 'rfc9110-4.2-url'],
    ['GET', 'https://a.example/\0', 'rfc9110-4.2-url'],
    ['GET', 'https://a.example/é', 'rfc9110-4.2-url'],
    ['GET', 'https://a.example/#', 'rfc9110-4.2.5-fragment'],
    ['GET', 'https://a@b.example/', 'rfc9110-4.2.4-userinfo'],
    ['GET', 'https://a:b@b.example/', 'rfc9110-4.2.4-userinfo'],
    ['GET', 'ftp://a.example/', 'rfc9110-4.2-url'],
    ['GET', '//a.example/', 'rfc9110-4.2-url'],
    ['GET', '/v1', 'rfc9110-4.2-url'],
    ['GET', 'https:///v1', 'rfc9110-4.2-url'],
    ['GET', 'https://a b/', 'rfc9110-4.2-url'],
    ['GET', 'https://a.example:port/', 'rfc9110-4.2-url'],
    ['GET', 'https://a%2eexample/', 'rfc9110-4.2-url'],
    ['GET', 'https://a.example/?a=%', 'path-encoding'],
    ['GET', 'https://a.example/?%ff=1', 'path-encoding'],
  ])('%s %s', (method, url, clause) => {
    expect(readRequestFacts('GET', 'https://a.example/'), 'the twin').toMatchObject({ ok: true })
    expect(readRequestFacts(method, url)).toMatchObject({ ok: false, code: 'REQUEST_MALFORMED', clause })
  })
})

describe('paths that two servers may read differently (audit-reliability B2: ext_authz paths)', () => {
  test.each([
    ['//admin', 'path-empty-segment'],
    ['/a//b', 'path-empty-segment'],
    ['/a/../b', 'path-dot-segment'],
    ['/a/./b', 'path-dot-segment'],
    ['/a/..', 'path-dot-segment'],
    ['/%2e%2e/a', 'path-encoded-dot-segment'],
    ['/a/%2E', 'path-encoded-dot-segment'],
    ['/a/.%2e/b', 'path-encoded-dot-segment'],
    ['/a%2Fb', 'path-encoded-slash'],
    ['/a%2fb', 'path-encoded-slash'],
    ['/a%5cb', 'path-encoded-slash'],
    ['/a\\b', 'path-backslash'],
    ['/a;x=y', 'path-parameter'],
    ['/a%3Bx', 'path-parameter'],
    ['/%252e', 'path-encoding'],
    ['/a%00', 'path-encoding'],
    ['/a%0a', 'path-encoding'],
    ['/a%7f', 'path-encoding'],
    ['/a%', 'path-encoding'],
    ['/a%g1', 'path-encoding'],
    ['/%ff', 'path-encoding'],
  ])('%s', (path, ambiguity) => {
    const twin = at('/a/b')
    expect(twin.ok && twin.value.ambiguity).toBeUndefined()
    expect(at(path)).toMatchObject({ ok: true, value: { rawPath: path, ambiguity } })
  })
})
