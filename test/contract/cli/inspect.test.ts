import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checksOf } from '../../../pdp/cli/inspect/checks.ts'
import { inspect } from '../../../pdp/cli/inspect/inspect.ts'
import { openGate } from '../../../pdp/cli/inspect/open-gate.ts'
import { printReport } from '../../../pdp/cli/inspect/print-report.ts'
import type { InspectReport } from '../../../pdp/cli/inspect/report.ts'
import { loadConfig } from '../../../pdp/config/load-config.ts'
import type { Config } from '../../../pdp/config/schema.ts'
import { readRequestFacts } from '../../../pdp/core/request-facts.ts'
import { makeSecret } from '../../../pdp/keys/own-secret.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { extension, general, pemOf } from '../../support/certificates.ts'
import {
  type AskParts,
  accessToken,
  bearer,
  boundToken,
  type Changes,
  checkout,
  checkoutCertificate,
  createAsk,
  domainAuthority,
  dpop,
  dpopProof,
  issuerKey,
  oauthIssuer,
  opaqueIssuer,
  opaqueToken,
  orders,
  strangerKey,
  svid,
  svidKey,
  testIntrospector,
  trustDomain,
  vouchingGateway,
} from '../../support/world.ts'
import { command } from '../../unit/cli/harness.ts'
import { createSite, type Site, usual } from '../process/harness.ts'

let site: Site
let config: Config

beforeAll(async () => {
  site = await createSite()
  const x5c = [domainAuthority.der.toString('base64')]
  const { kty, crv, x, y } = domainAuthority.key.publicKey.export({ format: 'jwk' })
  const authority = { kty, crv, x, y, use: 'x509-svid', x5c }
  await site.file('bundle.json', JSON.stringify({ keys: [svidKey.jwk, authority] }))
  await site.file('issuer.json', JSON.stringify({ keys: [issuerKey.jwk] }))
  await site.file('introspection.secret', 'secret')
  await site.configure({
    peps: { gateway: { bearer: 'file:gateway.key', vouch: { peer_certificate: true } } },
    trust: [
      ...usual.trust,
      { issuer: oauthIssuer, jwks: 'file:issuer.json', environment: 'production', facts: { team: 'team' } },
      {
        issuer: opaqueIssuer,
        profiles: [],
        environment: 'production',
        introspection: {
          endpoint: `${opaqueIssuer}/introspect`,
          client_id: 'a',
          client_secret: 'file:introspection.secret',
        },
      },
    ],
    links: [{ subject: checkout, same_as: { issuer: opaqueIssuer, subject: 'checkout' } }],
  })
  const loaded = await loadConfig({ file: join(site.folder, 'sallyport.yaml'), environment: {}, flags: [] })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  config = loaded.config
})
afterAll(() => site.remove())

const surroundings = () => ({
  clock: () => noon,
  random: () => 0.5,
  randomBytes,
  secret: makeSecret(randomBytes),
  introspectors: new Map([[opaqueIssuer, testIntrospector]]),
})

const url = 'https://orders.example.org/v1/orders/42'

/** The text that a user would have in a file, with everything that an ask presents. */
const textOf = ({ headers = {}, certificate = '' }: AskParts): string =>
  [
    ...Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}`)),
    certificate,
  ].join('\n')

async function inspected(text: string): Promise<InspectReport> {
  const request = readRequestFacts('GET', url)
  if (!request.ok) throw new Error(request.clause)
  const report = await inspect(text, config, { request: request.value }, surroundings(), () => undefined)
  if (typeof report === 'string') throw new Error(report)
  return report
}

const at = noon / 1000
const tokens: Readonly<Record<string, AskParts>> = {
  'an SVID': { headers: bearer(svid()) },
  'an SVID of a stranger': { headers: bearer(svid({ key: strangerKey, header: { kid: svidKey.jwk.kid } })) },
  'an SVID of another domain': { headers: bearer(svid({ claims: { sub: 'spiffe://evil.example/a' } })) },
  'an SVID for another service': { headers: bearer(svid({ claims: { aud: 'https://billing.example.org' } })) },
  'an SVID whose path nobody understands': { headers: bearer(svid({ claims: { sub: `spiffe://${trustDomain}/x` } })) },
  'an access token': { headers: bearer(accessToken()) },
  'an access token that expired': { headers: bearer(accessToken({ claims: { iat: at - 600, exp: at - 300 } })) },
  'an access token without jti': { headers: bearer(accessToken({ claims: { jti: undefined } })) },
  'an access token of another type': { headers: bearer(accessToken({ header: { typ: 'logout+jwt' } })) },
  'an access token with a fact that is none': { headers: bearer(accessToken({ claims: { team: 7 } })) },
  'an issuer nobody knows': { headers: bearer(accessToken({ claims: { iss: 'https://evil.example' } })) },
  'three parts that are no JWT': { headers: bearer('a.b.c') },
  'a bound token as bearer': { headers: bearer(boundToken()) },
  'a bound token with its proof': { headers: dpop(boundToken()) },
  'a bound token with a proof of another key': (() => {
    const token = boundToken()
    return { headers: dpop(token, dpopProof(token, { key: strangerKey })) }
  })(),
  'a proof of yesterday': (() => {
    const token = boundToken()
    return { headers: dpop(token, dpopProof(token, { claims: { iat: at - 86_400 } })) }
  })(),
  'two proofs': { headers: dpop(boundToken(), [dpopProof('a'), dpopProof('b')]) },
  'a proof alone': { headers: { dpop: dpopProof(boundToken()) } },
  'an opaque token': { headers: bearer(opaqueToken()) },
  'an opaque token that is not active': { headers: bearer('never-issued') },
  'an opaque token for another service': { headers: bearer(opaqueToken({ claims: { aud: 'https://b.example' } })) },
  'an opaque refresh token': { headers: bearer(opaqueToken({ claims: { token_type: undefined } })) },
  'an API key': { headers: { 'x-api-key': 'sp_key_1' } },
  'a certificate': { certificate: checkoutCertificate },
  'a certificate with two SPIFFE IDs': {
    certificate: pemOf(
      domainAuthority.issue({ extensions: [extension.names([general.uri(checkout), general.uri(`${checkout}2`)])] }),
    ),
  },
  'a certificate of nobody': { certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
  'an authority that presents itself': { certificate: pemOf(domainAuthority) },
  'an SVID beside the certificate of another': {
    headers: bearer(svid()),
    certificate: pemOf(domainAuthority.svid(`spiffe://${trustDomain}/ns/shop/sa/other`)),
  },
  'an opaque token beside the certificate it is linked to': {
    headers: bearer(opaqueToken()),
    certificate: checkoutCertificate,
  },
  'a forwarded certificate': { headers: { 'x-forwarded-client-cert': 'Hash=00' } },
}

test.each(Object.entries(tokens))(
  '%s: the verdict is that of the first gate, and nothing presented is told',
  async (_name, parts) => {
    const report = await inspected(textOf(parts))
    const gate = await openGate(config, surroundings())
    const answer = await gate.verify(createAsk({ ...parts, pep: vouchingGateway, service: orders }), frameAt())
    gate.close()
    expect([report.verdict, report.code, report.clause]).toEqual(
      answer.ok ? ['accepted', 'ACCEPTED', undefined] : ['refused', answer.code, answer.clause],
    )
    const results = report.checks.map(({ result }) => result)
    if (answer.ok) expect(new Set(results)).toEqual(new Set(['passed']))
    else expect(results.filter((result) => result === 'refused').length, report.clause).toBeLessThanOrEqual(1)
    const told = `${JSON.stringify(report)}${printReport(report)}`
    for (const secret of Object.values(parts.headers ?? {})
      .flat()
      .flatMap((value) => value.split(/[ .]/).filter((part) => part.length > 20)))
      expect(told).not.toContain(secret)
  },
)

test('every refusal of the table is told at its check', async () => {
  const reports = await Promise.all(Object.values(tokens).map((parts) => inspected(textOf(parts))))
  const unplaced = reports.filter(
    ({ verdict, checks }) => verdict === 'refused' && !checks.some(({ result }) => result === 'refused'),
  )
  expect(unplaced.map(({ clause }) => clause)).toEqual([])
})

/**
 * A defect for each check, in the order of the list. With all defects from one check on, the gate must refuse at that
 * very check: so the checks before it did pass, and the order is the gate's own.
 */
interface Order {
  readonly make: (defects: readonly Changes[]) => AskParts
  readonly defects: readonly (readonly [check: string, defect: Changes])[]
}
const merged = (defects: readonly Changes[]): Changes => Object.assign({}, ...defects) as Changes
const split = (defects: readonly Changes[]) => {
  const { typ, kid, ...claims } = merged(defects)
  return { header: { ...(typ !== undefined && { typ }), ...(kid !== undefined && { kid }) }, claims }
}
const ordered: Readonly<Record<string, Order>> = {
  'issuer-jwt': {
    make: (defects) => ({ headers: bearer(accessToken(split(defects))) }),
    defects: [
      ['issuer', { iss: 'https://evil.example' }],
      ['type', { typ: 'logout+jwt' }],
      ['required claims', { jti: 1 }],
      ['signature', { kid: 'another' }],
      ['times', { exp: at - 60, iat: at - 120 }],
      ['audience', { aud: 'https://billing.example.org' }],
      ['confirmation', { cnf: 'x' }],
      ['parties', { act: 'x' }],
      ['facts', { team: 7 }],
    ],
  },
  'jwt-svid': {
    make: (defects) => ({ headers: bearer(svid(split(defects))) }),
    defects: [
      ['header', { typ: 'at+jwt' }],
      ['SPIFFE ID', { sub: `spiffe://${trustDomain}` }],
      ['signature', { kid: 'another' }],
      ['times', { exp: at - 60, iat: at - 120 }],
      ['audience', { aud: 'https://billing.example.org' }],
      ['confirmation', { cnf: 'x' }],
    ],
  },
  'opaque-token': {
    make: (defects) => ({ headers: bearer(opaqueToken({ claims: merged(defects) })) }),
    defects: [
      ['active', { active: false }],
      ['issuer of the answer', { iss: 'https://evil.example' }],
      ['times', { exp: at - 60, iat: at - 120 }],
      ['audience', { aud: 'https://billing.example.org' }],
      ['confirmation', { cnf: 'x' }],
      ['type', { token_type: 'N_A' }],
      ['parties', { sub: '' }],
    ],
  },
}

describe.each(Object.entries(ordered))(
  'the checks of %s are in the order of the gate',
  (verifier, { make, defects }) => {
    test.each(defects.map(([check], i) => [check, i] as const))('%s', async (check, i) => {
      const later = defects.slice(i)
      const report = await inspected(textOf(make(later.map(([, defect]) => defect))))
      expect(report.verifier).toBe(verifier)
      expect(report.checks.filter(({ result }) => result === 'refused').map(({ check }) => check)).toEqual([check])
      const names = (checksOf[verifier] ?? []).map(({ name }) => name)
      expect(report.checks.map(({ result }) => result)).toEqual(
        names.map((name) => {
          if (name === check) return 'refused'
          return names.indexOf(name) < names.indexOf(check) ? 'passed' : 'not reached'
        }),
      )
    })
  },
)

describe('the command', () => {
  const program = fileURLToPath(new URL('../../../pdp/main.ts', import.meta.url))
  const run = (args: readonly string[], stdin = '') =>
    new Promise<{ code: number; out: string; said: string }>((resolve) => {
      const child = execFile(
        process.execPath,
        [program, 'inspect', ...args],
        { cwd: site.folder },
        (error, out, said) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, said }),
      )
      child.stdin?.end(stdin)
    })
  const now = { now: Date.now() as never }
  test('from stdin and from a file, as text and as JSON: 0 for what is accepted, 4 for what is not', async () => {
    const good = await run(['--json'], accessToken(now))
    expect(good).toMatchObject({ code: 0 })
    expect(JSON.parse(good.out)).toMatchObject({ verdict: 'accepted', subject: { id: `${oauthIssuer}#checkout` } })
    const file = join(site.folder, 'expired.jwt')
    await writeFile(file, `${accessToken()}\n`)
    const old = await run([file])
    expect(old).toMatchObject({ code: 4 })
    expect(old.out).toMatch(/^refused for orders by issuer-jwt\n {2}EXPIRED rfc7519-4.1.4-exp: exp has passed\n/)
    expect(old.out).toMatch(/NO times\n {7}expected good at .*\n {7}got {6}iat 2026-03-02T12:00:00.000Z/)
  })
  test('usage: 64; a configuration that is none: 3', async () => {
    const config = ['--config', join(site.folder, 'sallyport.yaml')]
    const file = async (name: string, text: string) => {
      await writeFile(join(site.folder, name), text)
      return join(site.folder, name)
    }
    const good = await file('good.jwt', svid())
    for (const args of [
      [good, '--service', 'absent'],
      [good, '--as', 'saml'],
      [good, '--request', 'GET'],
      [await file('empty.jwt', '')],
      [await file('cookie.txt', 'Cookie: a=b')],
      [join(site.folder, 'absent.jwt')],
    ]) {
      expect(await command(['inspect', ...config, ...args]), args.join(' ')).toMatchObject({ code: 64, out: '' })
    }
    expect(await command(['inspect', good, '--config', 'absent.yaml'])).toMatchObject({ code: 3, out: '' })
  })
  test('what raises assurance is told', async () => {
    const bare = await inspected(accessToken({ claims: { aud: ['https://orders.example.org', 'https://b.example'] } }))
    expect(bare.raise.join()).toMatch(/DPoP.*audience.*SPIFFE/)
    expect((await inspected(checkoutCertificate)).raise).toEqual(['have it issued for an hour at most'])
  })
})
