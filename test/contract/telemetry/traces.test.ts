import { Client, credentials } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import { checkPath } from '../../../pdp/doors/ext-authz/check-method.ts'
import { checkBytes, readCheckAnswer } from '../../support/check-messages.ts'
import { buildGoPeer } from '../../support/go-peer.ts'
import { type IssuerServer, startIssuer } from '../../support/issuer-server.ts'
import { readOpenMetrics } from '../../support/read-open-metrics.ts'
import { bearer, svid } from '../../support/world.ts'
import { callGrpc, createSite, records, send, serve, type Serving, type Site, usual } from '../process/harness.ts'
import { type Collector, startCollector } from './collector.ts'

// One process with three doors and a collector, which is read by OpenTelemetry's own messages in Go.

interface Span {
  readonly name: string
  readonly kind: string
  readonly trace: string
  readonly span: string
  readonly parent: string
  readonly state: string
  readonly status: string
  readonly message: string
  readonly took: number
  readonly scope: string
  readonly resource: Readonly<Record<string, string>>
  readonly attributes: Readonly<Record<string, string>>
}

const id = (digit: string) => ({ trace: digit.repeat(32), parent: digit.repeat(16) })
const headerOf = ({ trace, parent }: ReturnType<typeof id>, flags = '01') => `00-${trace}-${parent}-${flags}`
const ids = { call: id('a'), request: id('b'), grpc: id('c'), unsampled: id('d'), proxied: id('e'), opaque: id('f') }
const collectorKey = 'MARKED-key-of-the-collector-0123456789'
const opaqueToken = 'at_MARKED-opaque-token-0123456789'

let site: Site
let collector: Collector
let issuer: IssuerServer
let spans: readonly Span[]
let problems: readonly string[]
let recorded: readonly Record<string, unknown>[]
let exposition = ''
let classic = ''
const secrets: string[] = [collectorKey, opaqueToken]
const introspected: (string | undefined)[] = []

beforeAll(async () => {
  const read = buildGoPeer<{ spans: readonly Span[]; problems: readonly string[] }>('otlp')
  site = await createSite()
  secrets.push(site.key)
  collector = await startCollector()
  issuer = await startIssuer()
  issuer.answer('/introspect', (request, response) => {
    introspected.push(request.headers['traceparent']?.toString())
    response.setHeader('content-type', 'application/json').end('{"active":false}')
  })
  await site.file('introspection.secret', 'MARKED-secret-of-the-client-0123456789')
  const opaque = {
    issuer: 'https://login.example.org',
    profiles: ['access-token'],
    jwks: `file:${await site.file('keys.json', '{"keys":[]}')}`,
    introspection: {
      endpoint: `${issuer.origin}/introspect`,
      prefix: 'at_',
      client_id: 'sallyport',
      client_secret: 'file:introspection.secret',
    },
    allow_private: true,
  }
  await site.configure({
    trust: [...usual.trust, opaque],
    listen: { ...usual.listen, ext_authz: '127.0.0.1:0', http_authz: '127.0.0.1:0' },
    http_authz: { convention: 'nginx' },
    telemetry: { traces: { endpoint: `${collector.url}/v1/traces`, resource: { team: 'payments' } } },
  })
  const environment = {
    OTEL_EXPORTER_OTLP_HEADERS: `api-key=${collectorKey}`,
    OTEL_SERVICE_NAME: 'pdp-of-orders',
    OTEL_TRACES_SAMPLER: 'parentbased_always_on',
  }
  const serving = await serve(site, environment)
  await exercise(serving)
  exposition = (await send(serving.health, '/metrics', { headers: { accept: 'application/openmetrics-text' } })).body
  classic = (await send(serving.health, '/metrics')).body
  serving.child.kill('SIGTERM')
  expect(await serving.ended()).toBe(0)
  recorded = (await records(site)).filter(({ kind }) => kind === 'decision')
  const answer = await read({ traces: collector.uploads.map(({ body }) => body.toString('base64')) })
  spans = answer.spans
  problems = answer.problems
}, 300_000)
afterAll(async () => {
  await collector.close()
  await issuer.down()
  await site.remove()
})

const authorize = (where: string, token: string, headers: Record<string, string>, asked: Record<string, string> = {}) =>
  send(where, '/authorize/orders', {
    method: 'POST',
    headers: { authorization: `Bearer ${site.key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      request: {
        method: 'GET',
        url: 'https://orders.example.org/v1/orders/42',
        headers: { ...bearer(token), ...asked },
      },
      action: { name: 'read' },
      resource: { type: 'order', id: '42' },
    }),
  })

/** One ask in each way, at each door. */
async function exercise(serving: Serving): Promise<void> {
  const [, extAuthz = ''] = await serving.says(/ext_authz http:\/\/(\S+)/)
  const [, httpAuthz = ''] = await serving.says(/http_authz (\S+)/)
  const token = svid({ now: instant(Date.now()) })
  secrets.push(token)
  const state = { tracestate: 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE' }
  const called = await authorize(serving.decisions, token, { traceparent: headerOf(ids.call), ...state })
  expect(JSON.parse(called.body)).toMatchObject({ decision: 'allow' })
  await authorize(serving.decisions, token, {}, { traceparent: headerOf(ids.request) })
  await authorize(serving.decisions, token, { traceparent: headerOf(ids.unsampled, '00') })
  await authorize(serving.decisions, opaqueToken, { traceparent: headerOf(ids.opaque) })
  await authorize(serving.decisions, `${token}x`, {}) // no trace: one is begun
  const twice = [headerOf(ids.call), headerOf(ids.request)] as unknown as string // two headers of one name
  expect((await authorize(serving.decisions, token, { traceparent: twice })).status).toBe(200)
  const grpc = new Client(extAuthz, credentials.createInsecure())
  const bytes = checkBytes({ headers: { ...bearer(token), traceparent: headerOf(ids.request) } })
  const metadata = { traceparent: headerOf(ids.grpc) }
  expect(readCheckAnswer(await callGrpc(grpc, checkPath, bytes, site.key, metadata))).toMatchObject({ code: 0 })
  grpc.close()
  const proxied = await send(httpAuthz, '/', {
    headers: {
      ...bearer(token),
      host: 'orders.example.org',
      'x-sallyport-pep-key': site.key,
      'x-original-method': 'GET',
      'x-original-uri': '/v1/orders/42',
      traceparent: headerOf(ids.proxied, '00'), // not what counts here
    },
  })
  expect(proxied.status).toBe(200)
}

const inTrace = (trace: string) => spans.filter((span) => span.trace === trace)
const named = (trace: string, name: string) => inTrace(trace).filter((span) => span.name === name)

describe('what a collector gets', () => {
  test('all of it can be read, as the resource that was configured', () => {
    expect(problems).toEqual([])
    expect(collector.uploads.length).toBeGreaterThan(0)
    for (const { path, headers } of collector.uploads) {
      expect(path).toBe('/v1/traces')
      expect(headers).toMatchObject({ 'content-type': 'application/x-protobuf', 'api-key': collectorKey })
    }
    const resource = { 'service.name': 'pdp-of-orders', team: 'payments', 'service.instance.id': expect.any(String) }
    for (const span of spans) {
      expect(span.resource).toMatchObject(resource)
      expect(span.scope).toBe('sallyport')
      expect(span.took).toBeGreaterThanOrEqual(0)
    }
  })

  test('one span of the server for each ask, and its steps beneath it, in the trace of the call', () => {
    const [root, ...others] = named(ids.call.trace, 'authorize')
    expect(others).toEqual([])
    expect(root).toMatchObject({
      kind: 'SPAN_KIND_SERVER',
      parent: ids.call.parent,
      state: 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
      status: 'STATUS_CODE_UNSET',
    })
    expect(root?.attributes).toMatchObject({
      'http.request.method': 'POST',
      'sallyport.service': 'orders',
      'sallyport.pep': 'gateway',
      'sallyport.decision.effect': 'allow',
      'sallyport.decision.code': 'ALLOWED',
      'sallyport.policy.bundle': 'orders',
    })
    const beneath = inTrace(ids.call.trace).filter(({ parent }) => parent === root?.span)
    expect(beneath.map(({ name }) => name).toSorted()).toEqual(['recall', 'record', 'verify'])
    const [recall] = named(ids.call.trace, 'recall')
    const [evaluate] = named(ids.call.trace, 'evaluate')
    expect(recall?.attributes).toMatchObject({ 'sallyport.cache': 'miss' })
    expect(evaluate?.parent).toBe(recall?.span)
    expect(inTrace(ids.call.trace)).toHaveLength(5)
  })

  test('a request that is asked about names the trace where the call does not; what the call says counts before it', () => {
    expect(named(ids.request.trace, 'authorize')).toHaveLength(1)
    expect(named(ids.request.trace, 'ext_authz')).toHaveLength(0)
    const [check] = named(ids.grpc.trace, 'ext_authz')
    expect(check).toMatchObject({ kind: 'SPAN_KIND_SERVER', parent: ids.grpc.parent })
    expect(check?.attributes).toMatchObject({ 'rpc.system.name': 'grpc', 'rpc.method': checkPath.slice(1) })
  })

  test('a proxy’s client has no say in whether a trace is recorded, and an enforcement point has', () => {
    expect(named(ids.proxied.trace, 'http_authz')).toMatchObject([{ parent: ids.proxied.parent }])
    expect(inTrace(ids.unsampled.trace)).toEqual([])
  })

  test('two parents name no trace, and a denial is no error', () => {
    expect(named(ids.call.trace, 'authorize')).toHaveLength(1)
    const begun = spans.filter(({ name, parent }) => name === 'authorize' && parent === '')
    expect(begun.map(({ attributes }) => attributes['sallyport.decision.effect']).toSorted()).toEqual(['allow', 'deny'])
    const denied = begun.find(({ attributes }) => attributes['sallyport.decision.effect'] === 'deny')
    expect(denied).toMatchObject({ status: 'STATUS_CODE_UNSET', message: '' })
    expect(denied?.attributes['error.type']).toBeUndefined()
  })

  test('an issuer that is asked gets the trace, as a call of the step that asks', () => {
    const [call] = named(ids.opaque.trace, 'introspect')
    const [verify] = named(ids.opaque.trace, 'verify')
    expect(call).toMatchObject({ kind: 'SPAN_KIND_CLIENT', parent: verify?.span })
    expect(call?.attributes).toMatchObject({ 'server.address': '127.0.0.1' })
    expect(introspected).toEqual([`00-${ids.opaque.trace}-${call?.span}-01`])
  })

  test('metrics have examples of these traces for whoever asks for OpenMetrics, and for nobody else', () => {
    const known = new Set(spans.map(({ trace, span }) => `${trace} ${span}`))
    const examples = readOpenMetrics(exposition).flatMap(({ exemplar }) => (exemplar ? [exemplar.labels] : []))
    expect(examples.length).toBeGreaterThan(0)
    for (const { trace_id, span_id } of examples) expect(known).toContain(`${trace_id} ${span_id}`)
    expect(classic).toContain('sallyport_decision_duration_seconds_bucket{le="1"}')
    expect(classic).not.toContain('trace_id')
  })

  test('records say the same traces, and the id of each decision is in its span', () => {
    const roots = spans.filter(({ kind }) => kind === 'SPAN_KIND_SERVER')
    const byId = new Map(roots.map((span) => [span.attributes['sallyport.decision.id'], span]))
    for (const { id, trace } of recorded) {
      const { id: traceId, parent } = trace as { id: string; parent: string }
      if (traceId === ids.unsampled.trace) continue
      const span = byId.get(String(id))
      expect(span?.trace).toBe(traceId)
      expect([span?.parent, span?.span]).toContain(parent) // of a trace that was begun, the span itself
    }
    expect(recorded).toHaveLength(roots.length + 1)
  })

  test('no secret and no subject is in any byte that was sent; a planted one is found', () => {
    const bodies = collector.uploads.map(({ body }) => body.toString('latin1')).join('')
    expect(leaksIn(`${bodies}${collectorKey}`)).toEqual([collectorKey]) // what is looked for is found
    expect(bodies).toContain('pdp-of-orders')
    expect(leaksIn(bodies)).toEqual([])
    expect(bodies).not.toContain('checkout')
  })
})

/** A token gives itself away by any of its parts. */
const leaksIn = (text: string): readonly string[] =>
  secrets.filter((secret) => [secret, ...secret.split('.').slice(1)].some((part) => part !== '' && text.includes(part)))
