import { afterEach, describe, expect, test } from 'vitest'
import { jsonClauses } from '../../../pdp/core/read-json.ts'
import { createFetch } from '../../../pdp/net/fetch.ts'
import { discover, discoveryClauses } from '../../../pdp/trust/discovery.ts'
import { fetchTextClauses } from '../../../pdp/trust/fetch-text.ts'
import {
  type Answer,
  discoveryPath,
  type IssuerServer,
  type IssuerServerOptions,
  json,
  raw,
  redirect,
  startIssuer,
  status,
} from '../../support/issuer-server.ts'
import { createServerCertificate } from '../../support/server-certificate.ts'
import { refusesOnly } from '../../support/twin.ts'

const host = 'login.example'
const tls = createServerCertificate([host])
const servers: IssuerServer[] = []

async function start(options: IssuerServerOptions = { tls, host }): Promise<IssuerServer> {
  const server = await startIssuer(options)
  servers.push(server)
  return server
}
afterEach(() => Promise.all(servers.splice(0).map((server) => server.down())))

const fetchOf = (server: IssuerServer) =>
  createFetch({ privateOrigins: [server.origin], ca: tls.cert, resolve: async () => ['127.0.0.1'] })
const signal = new AbortController().signal

describe('answers where the keys are', () => {
  test('on the issuer', async () => {
    const server = await start()
    expect(await discover(server.origin, fetchOf(server), signal)).toEqual({ ok: true, value: server.keysUrl })
  })

  test('elsewhere', async () => {
    const server = await start()
    const elsewhere = 'https://keys.example/jwks?v=1'
    server.describe({ issuer: server.origin, jwks_uri: elsewhere })
    expect(await discover(server.origin, fetchOf(server), signal)).toEqual({ ok: true, value: elsewhere })
  })

  test.each(['/tenant', '/tenant/', '/'])('of an issuer whose path is %s', async (path) => {
    const server = await start()
    const issuer = `${server.origin}${path}`
    const expected = `${path.replace(/\/$/, '')}${discoveryPath}`
    server.answer(expected, json({ issuer, jwks_uri: server.keysUrl }))
    expect(await discover(issuer, fetchOf(server), signal)).toMatchObject({ ok: true })
    expect(server.requests).toEqual([expected])
  })

  test('over plain http, of an issuer on loopback that is itself configured so', async () => {
    const server = await start({})
    expect(await discover(server.origin, fetchOf(server), signal)).toEqual({ ok: true, value: server.keysUrl })
  })
})

describe('refuses', () => {
  type Document = (server: IssuerServer) => Answer
  const fine: Document = ({ origin, keysUrl }) => json({ issuer: origin, jwks_uri: keysUrl })
  const issued =
    (issuer: (origin: string) => unknown): Document =>
    ({ origin, keysUrl }) =>
      json({ issuer: issuer(origin), jwks_uri: keysUrl })
  const at =
    (uri: unknown): Document =>
    ({ origin }) =>
      json({ issuer: origin, jwks_uri: uri })
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n'

  const rows: readonly (readonly [string, Document, string])[] = [
    ['another issuer', issued(() => 'https://other.example'), discoveryClauses.issuer],
    ['the issuer with a slash', issued((origin) => `${origin}/`), discoveryClauses.issuer],
    ['the issuer in capitals', issued((origin) => origin.toUpperCase()), discoveryClauses.issuer],
    ['the issuer with a path', issued((origin) => `${origin}/tenant`), discoveryClauses.issuer],
    ['the issuer in a list', issued((origin) => [origin]), discoveryClauses.issuer],
    ['no issuer', issued(() => undefined), discoveryClauses.issuer],
    ['no jwks_uri', at(undefined), discoveryClauses.jwksUri],
    ['an empty jwks_uri', at(''), discoveryClauses.jwksUri],
    ['a jwks_uri over plain http', at('http://keys.example/'), discoveryClauses.jwksUri],
    ['a jwks_uri on the disk', at('file:///etc/keys.json'), discoveryClauses.jwksUri],
    ['a relative jwks_uri', at('/keys'), discoveryClauses.jwksUri],
    ['a jwks_uri that is no text', at(['https://keys.example/']), discoveryClauses.jwksUri],
    ['a list', () => json([]), discoveryClauses.shape],
    ['text', () => json('{}'), discoveryClauses.shape],
    ['what is not JSON', () => raw(`${head}{`), jsonClauses.syntax],
    ['two issuers', ({ origin }) => raw(`${head}{"issuer":"x","issuer":"${origin}"}`), jsonClauses.duplicate],
    ['a redirect', () => redirect('https://other.example/'), fetchTextClauses.fetched],
    ['an error', () => status(500), fetchTextClauses.fetched],
    ['another media type', () => json({}, 'text/plain'), fetchTextClauses.fetched],
  ]

  test.each(rows)('%s', async (_, defect, clause) => {
    const server = await start()
    const check = (document: Document) => {
      server.answer(discoveryPath, document(server))
      return discover(server.origin, fetchOf(server), signal)
    }
    await refusesOnly(check, fine, defect, { code: 'TRUST_UNAVAILABLE', clause })
  })

  test('what is not UTF-8', async () => {
    const server = await start()
    const check = (bytes: readonly number[]) => {
      const prefix = Buffer.from(`{"issuer":"${server.origin}","jwks_uri":"${server.keysUrl}","a":"`)
      server.answer(discoveryPath, (_, response) => {
        response.setHeader('content-type', 'application/json')
        response.end(Buffer.concat([prefix, Buffer.from(bytes), Buffer.from('"}')]))
      })
      return discover(server.origin, fetchOf(server), signal)
    }
    const expected = { code: 'TRUST_UNAVAILABLE', clause: fetchTextClauses.encoding } as const
    await refusesOnly(check, [0xc3, 0xbf], [0xff], expected)
  })
})
