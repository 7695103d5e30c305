import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import { type Base, base, tls } from './base.ts'

type Change = (config: Base) => void

const review = { server: 'https://10.0.0.1:6443', ca: 'file:ca.pem', token: 'file:token' }
const clusterAt = (server: string) => ({
  issuer: 'https://a.example',
  profiles: ['kubernetes'],
  cluster: 'a',
  review: { ...review, server },
})

const parse = (change: Change) => {
  const config = base() as Base
  change(config)
  return parseConfig(config)
}

type Row = readonly [name: string, twin: Change, defect: Change, at: string, says: RegExp]

const partners = { ca: 'file:ca.pem', name: 'partners', clients: [{ id: 'a', san_dns: 'a.example' }] }
const badClients: readonly (readonly [string, readonly object[], string, RegExp])[] = [
  [
    'a client known by two names',
    [{ id: 'a', subject: 'CN=a', san_dns: 'a.example' }],
    'trust.0.clients.0',
    /exactly one of/,
  ],
  ['a client known by no name', [{ id: 'a' }], 'trust.0.clients.0', /exactly one of/],
  ['no client', [], 'trust.0.clients', /./],
  [
    'a member that a client does not have',
    [{ id: 'a', san_dns: 'a.example', cert: 'x' }],
    'trust.0.clients.0.cert',
    /./,
  ],
]
/** An introspection endpoint, without a secret. */
const asking = { endpoint: 'https://a.example/introspect', client_id: 'sallyport' }
const opaqueAt = (issuer: string, prefix: string) => ({
  issuer,
  introspection: { ...asking, client_secret: 'file:a', prefix },
})
const linked = (subject: string, issuer: string) => ({
  trust: [{ issuer: 'https://a.example' }, { spiffe: 'prod.example', from: 'file:bundle.json' }],
  links: [{ subject, same_as: { issuer, subject: 'client-a' } }],
})

/** Each row: what is wrong, the twin that is accepted, the one difference, where it is said, and what. */
const rows: readonly Row[] = [
  ['an unknown section', () => undefined, (c) => (c['service'] = {}), 'service', /did you mean `services`/],
  [
    'an unknown setting of a service',
    (c) => (c.services['orders'] = { audiences: ['a'], peps: ['gateway'], reuse_max_s: 1 }),
    (c) => (c.services['orders'] = { audiences: ['a'], peps: ['gateway'], reuse_max: 1 }),
    'services.orders.reuse_max',
    /did you mean `reuse_max_s`/,
  ],
  [
    'a service without an audience',
    (c) => (c.services['orders'] = { audiences: ['a'], peps: ['gateway'] }),
    (c) => (c.services['orders'] = { audiences: [], peps: ['gateway'] }),
    'services.orders.audiences',
    /1/,
  ],
  [
    'one audience in two services',
    (c) =>
      (c.services['billing'] = { audiences: ['https://billing.example.org'], peps: ['gateway'], policy: 'orders' }),
    (c) => (c.services['billing'] = { audiences: ['https://orders.example.org'], peps: ['gateway'], policy: 'orders' }),
    'services.billing.audiences',
    /names one service/,
  ],
  [
    'two secrets for one introspection',
    (c) => (c.trust = [{ issuer: 'https://a.example', introspection: { ...asking, client_secret: 'file:a' } }]),
    (c) =>
      (c.trust = [
        { issuer: 'https://a.example', introspection: { ...asking, client_secret: 'file:a', client_key: 'file:b' } },
      ]),
    'trust.0.introspection.client_secret',
    /one of them/,
  ],
  [
    'a secret in the configuration itself',
    (c) => (c.trust = [{ issuer: 'https://a.example', introspection: { ...asking, client_secret: 'file:a' } }]),
    (c) => (c.trust = [{ issuer: 'https://a.example', introspection: { ...asking, client_secret: 'hunter2' } }]),
    'trust.0.introspection.client_secret',
    /must be file:PATH/,
  ],
  [
    'opaque tokens of two issuers that begin alike',
    (c) => (c.trust = [opaqueAt('https://a.example', 'a_'), opaqueAt('https://b.example', 'b_')]),
    (c) => (c.trust = [opaqueAt('https://a.example', 'a_'), opaqueAt('https://b.example', '')]),
    'trust.1.introspection.prefix',
    /tokens of `https:\/\/a.example`: give each a prefix/,
  ],
  [
    'an introspection endpoint over plain http',
    (c) => (c.trust = [{ issuer: 'https://a.example', introspection: { ...asking, client_secret: 'file:a' } }]),
    (c) =>
      (c.trust = [
        {
          issuer: 'https://a.example',
          introspection: { ...asking, endpoint: 'http://a.example/i', client_secret: 'file:a' },
        },
      ]),
    'trust.0.introspection.endpoint',
    /must be https/,
  ],
  [
    'an issuer of which no token is taken',
    (c) => (c.trust = [{ ...opaqueAt('https://a.example', ''), profiles: [] }]),
    (c) => (c.trust = [{ issuer: 'https://a.example', profiles: [] }]),
    'trust.0.profiles',
    /must not be empty without introspection/,
  ],
  [
    'facts about the caller from an issuer of delegation',
    (c) => (c.trust = [{ issuer: 'https://a.example', facts: { team: 'team' } }]),
    (c) => (c.trust = [{ issuer: 'https://a.example', facts: { team: 'team' }, role: 'delegation' }]),
    'trust.0.facts',
    /nothing about the caller/,
  ],
  [
    'a review of tokens of another kind',
    (c) => (c.trust = [{ issuer: 'https://a.example', profiles: ['kubernetes'], cluster: 'a', review }]),
    (c) => (c.trust = [{ issuer: 'https://a.example', review }]),
    'trust.0.review',
    /profiles: \[kubernetes\]/,
  ],
  [
    'a review at a path of a server',
    (c) => (c.trust = [{ issuer: 'https://a.example', profiles: ['kubernetes'], cluster: 'a', review }]),
    (c) => (c.trust = [{ ...clusterAt('https://10.0.0.1/apis') }]),
    'trust.0.review.server',
    /must be an origin/,
  ],
  [
    'a link to a trust domain that is not there',
    (c) => Object.assign(c, linked('spiffe://prod.example/a', 'https://a.example')),
    (c) => Object.assign(c, linked('spiffe://prod.example.evil/a', 'https://a.example')),
    'links.0.subject',
    /must be a workload of a trust domain/,
  ],
  [
    'a link to an issuer that is not there',
    (c) => Object.assign(c, linked('spiffe://prod.example/a', 'https://a.example')),
    (c) => Object.assign(c, linked('spiffe://prod.example/a', 'https://a.example/')),
    'links.0.same_as.issuer',
    /exactly as it is there/,
  ],
  [
    'a client that is two workloads',
    (c) => Object.assign(c, linked('spiffe://prod.example/a', 'https://a.example')),
    (c) => {
      const { trust, links } = linked('spiffe://prod.example/a', 'https://a.example')
      Object.assign(c, { trust, links: [...links, ...linked('spiffe://prod.example/b', 'https://a.example').links] })
    },
    'links.1.same_as',
    /one client is one workload/,
  ],
  [
    'a level of assurance of nobody',
    (c) => (c.services['orders'] = { audiences: ['a'], peps: ['gateway'], minimum_assurance: 3 }),
    (c) => (c.services['orders'] = { audiences: ['a'], peps: ['gateway'], minimum_assurance: 3, identity: 'optional' }),
    'services.orders.identity',
    /must be `required`/,
  ],
  [
    'a header of policy that is ours',
    (c) => Object.assign(c, { policy_headers: { request: ['x-tenant'] } }),
    (c) => Object.assign(c, { policy_headers: { request: ['x-sallyport-subject'] } }),
    'policy_headers.request.0',
    /reserved/,
  ],
  [
    'a header of policy that routes',
    (c) => Object.assign(c, { policy_headers: { request: ['x-tenant'] } }),
    (c) => Object.assign(c, { policy_headers: { request: ['host'] } }),
    'policy_headers.request.0',
    /never for policy/,
  ],
  [
    'a header of policy that carries evidence',
    (c) => Object.assign(c, { policy_headers: { request: ['x-tenant'] } }),
    (c) => Object.assign(c, { policy_headers: { request: ['authorization'] } }),
    'policy_headers.request.0',
    /carries evidence/,
  ],
  [
    'an enforcement point that is not there',
    () => undefined,
    (c) => (c.services['orders'] = { audiences: ['a'], peps: ['gatewy'] }),
    'services.orders.peps',
    /did you mean `gateway`/,
  ],
  [
    'a bundle that is not there',
    (c) => (c.services['orders'] = { audiences: ['a'], peps: ['gateway'], policy: 'orders' }),
    (c) => (c.services['orders'] = { audiences: ['a'], peps: ['gateway'], policy: 'order' }),
    'services.orders.policy',
    /did you mean `orders`/,
  ],
  [
    'a bundle of nobody',
    (c) => (c.bundles = { orders: { file: 'orders.tar.gz', signer: 'file:signer.pub' } }),
    (c) => (c.bundles = { orders: { file: 'orders.tar.gz' } }),
    'bundles.orders',
    /name its signer .* or say `unsigned: true`/,
  ],
  [
    'a bundle that has a signer and says it has none',
    (c) => (c.bundles = { orders: { file: 'orders.tar.gz', unsigned: true } }),
    (c) => (c.bundles = { orders: { file: 'orders.tar.gz', signer: 'file:signer.pub', unsigned: true } }),
    'bundles.orders',
    /one of them/,
  ],
  [
    'a bundle of nowhere',
    (c) => (c.bundles = { orders: { file: 'orders.tar.gz', signer: 'file:signer.pub' } }),
    (c) => (c.bundles = { orders: { signer: 'file:signer.pub' } }),
    'bundles.orders',
    /exactly one of file, http, oci/,
  ],
  [
    'a bundle of two places',
    (c) => (c.bundles = { orders: { http: { url: 'https://b.example/o' }, signer: 'file:signer.pub' } }),
    (c) =>
      (c.bundles = { orders: { http: { url: 'https://b.example/o' }, file: 'o.tar.gz', signer: 'file:signer.pub' } }),
    'bundles.orders',
    /exactly one of/,
  ],
  [
    'a bundle of a server that nobody signs',
    (c) => (c.bundles = { orders: { http: { url: 'https://b.example/o' }, signer: 'file:signer.pub' } }),
    (c) => (c.bundles = { orders: { http: { url: 'https://b.example/o' }, unsigned: true } }),
    'bundles.orders',
    /must not decide anything by itself/,
  ],
  [
    'a bundle over plain http',
    (c) => (c.bundles = { orders: { http: { url: 'http://127.0.0.1:1/o' }, signer: 'file:signer.pub' } }),
    (c) => (c.bundles = { orders: { http: { url: 'http://b.example/o' }, signer: 'file:signer.pub' } }),
    'bundles.orders.http.url',
    /must be https/,
  ],
  [
    'two credentials for the server of a bundle',
    (c) =>
      (c.bundles = { orders: { http: { url: 'https://b.example/o', bearer: 'file:t' }, signer: 'file:signer.pub' } }),
    (c) =>
      (c.bundles = {
        orders: {
          http: {
            url: 'https://b.example/o',
            bearer: 'file:t',
            oauth2: { token_url: 'https://l.example/t', client_id: 'pdp', client_secret: 'file:s' },
          },
          signer: 'file:signer.pub',
        },
      }),
    'bundles.orders.http.oauth2',
    /one of them/,
  ],
  [
    'an image of no registry',
    (c) => (c.bundles = { orders: { oci: { image: 'r.example/orders:1' }, signer: 'file:signer.pub' } }),
    (c) => (c.bundles = { orders: { oci: { image: 'orders:1' }, signer: 'file:signer.pub' } }),
    'bundles.orders.oci.image',
    /an image with its registry/,
  ],
  [
    'a user without a password',
    (c) =>
      (c.bundles = {
        orders: { oci: { image: 'r.example/o:1', username: 'u', password: 'file:p' }, signer: 'file:signer.pub' },
      }),
    (c) => (c.bundles = { orders: { oci: { image: 'r.example/o:1', username: 'u' }, signer: 'file:signer.pub' } }),
    'bundles.orders.oci.password',
    /must be there with username/,
  ],
  [
    'a user and a token of a registry',
    (c) => (c.bundles = { orders: { oci: { image: 'r.example/o:1', bearer: 'file:t' }, signer: 'file:signer.pub' } }),
    (c) =>
      (c.bundles = {
        orders: {
          oci: { image: 'r.example/o:1', bearer: 'file:t', username: 'u', password: 'file:p' },
          signer: 'file:signer.pub',
        },
      }),
    'bundles.orders.oci.username',
    /one of them/,
  ],
  [
    'a registry over plain http',
    (c) =>
      (c.bundles = { orders: { oci: { image: 'localhost:5000/o:1', plain_http: true }, signer: 'file:signer.pub' } }),
    (c) => (c.bundles = { orders: { oci: { image: 'r.example/o:1', plain_http: true }, signer: 'file:signer.pub' } }),
    'bundles.orders.oci.plain_http',
    /for loopback alone/,
  ],
  [
    'a roll-out of a bundle that nobody signs',
    (c) => (c.bundles = { orders: { file: 'o.tar.gz', signer: 'file:signer.pub', rollout: { mode: 'canary' } } }),
    (c) => (c.bundles = { orders: { file: 'o.tar.gz', unsigned: true, rollout: { mode: 'canary' } } }),
    'bundles.orders.rollout',
    /known again after a restart/,
  ],
  [
    'no way to authenticate',
    (c) => (c.peps['gateway'] = { none: true }),
    (c) => (c.peps['gateway'] = {}),
    'peps.gateway',
    /must say how it authenticates/,
  ],
  [
    'two ways to authenticate',
    (c) => (c.peps['gateway'] = { bearer: 'file:x' }),
    (c) => (c.peps['gateway'] = { bearer: 'file:x', none: true }),
    'peps.gateway',
    /bearer and none/,
  ],
  [
    '`none` that vouches',
    (c) => (c.peps['gateway'] = { bearer: 'file:x', vouch: { peer_certificate: true } }),
    (c) => (c.peps['gateway'] = { none: true, vouch: { peer_certificate: true } }),
    'peps.gateway',
    /must not vouch/,
  ],
  ...(['xfcc_from', 'client_cert_from'] as const).map(
    (list): Row => [
      `${list} without the certificate of the peer`,
      (c) =>
        (c.peps['gateway'] = {
          bearer: 'file:x',
          vouch: { peer_certificate: true, [list]: ['spiffe://prod.example/proxy'] },
        }),
      (c) => (c.peps['gateway'] = { bearer: 'file:x', vouch: { [list]: ['spiffe://prod.example/proxy'] } }),
      'peps.gateway',
      /needs vouch.peer_certificate/,
    ],
  ),
  ...badClients.map(
    ([name, clients, at, message]): Row => [
      `an authority with ${name}`,
      (c) => (c.trust = [partners]),
      (c) => (c.trust = [{ ...partners, clients }]),
      at,
      message,
    ],
  ),
  [
    'one name for two authorities',
    (c) => (c.trust = [partners, { ...partners, name: 'others' }]),
    (c) => (c.trust = [partners, partners]),
    'trust.1',
    /`ca partners` is configured twice/,
  ],
  [
    'an environment of an authority that stands twice',
    (c) => (c.trust = [{ ...partners, environment: 'production', facts: { organization: 'x' } }]),
    (c) => (c.trust = [{ ...partners, environment: 'production', facts: { environment: 'x' } }]),
    'trust.0.facts.environment',
    /./,
  ],
  [
    'a key in place of its file',
    (c) => (c.peps['gateway'] = { bearer: 'file:sp_pep_key' }),
    (c) => (c.peps['gateway'] = { bearer: 'sp_pep_key' }),
    'peps.gateway.bearer',
    /sallyport pep add/,
  ],
  [
    'a socket that is no Unix socket',
    (c) => {
      c['listen'] = { decisions: 'unix:/run/pdp.sock' }
      c.peps['gateway'] = { socket: 'decisions' }
    },
    (c) => {
      c['listen'] = { decisions: '127.0.0.1:7070' }
      c.peps['gateway'] = { socket: 'decisions' }
    },
    'peps.gateway',
    /to be unix:PATH/,
  ],
  [
    'a certificate without TLS',
    (c) => {
      c['tls'] = tls
      c.peps['gateway'] = { cert_sha256: 'a'.repeat(64) }
    },
    (c) => {
      c['tls'] = 'off'
      c.peps['gateway'] = { cert_sha256: 'a'.repeat(64) }
    },
    'peps.gateway',
    /needs `tls`/,
  ],
  [
    'a SPIFFE ID without an authority',
    (c) => {
      c['tls'] = tls
      c.peps['gateway'] = { spiffe_id: 'spiffe://prod.example/gateway' }
    },
    (c) => {
      c['tls'] = { cert: tls.cert, key: tls.key }
      c.peps['gateway'] = { spiffe_id: 'spiffe://prod.example/gateway' }
    },
    'peps.gateway',
    /client_ca/,
  ],
  [
    'SPIFFE IDs of two trust domains under one file of authorities',
    (c) => {
      c['tls'] = tls
      c.trust.push({ spiffe: 'dev.example', from: 'file:dev.json' })
      c.peps['gateway'] = { spiffe_id: 'spiffe://prod.example/gateway' }
      c.peps['other'] = { spiffe_id: 'spiffe://dev.example/gateway' }
    },
    (c) => {
      c['tls'] = tls
      c.peps['gateway'] = { spiffe_id: 'spiffe://prod.example/gateway' }
      c.peps['other'] = { spiffe_id: 'spiffe://dev.example/gateway' }
    },
    'peps.other',
    /needs its trust domain in `trust`/,
  ],
  [
    'a certificate without an authority',
    (c) => {
      c['tls'] = tls
      c.peps['gateway'] = { cert_sha256: 'a'.repeat(64) }
    },
    (c) => {
      c['tls'] = { cert: tls.cert, key: tls.key }
      c.peps['gateway'] = { cert_sha256: 'a'.repeat(64) }
    },
    'peps.gateway',
    /client_ca/,
  ],
  [
    'a SPIFFE ID that is none',
    (c) => {
      c['tls'] = tls
      c.peps['gateway'] = { spiffe_id: 'spiffe://prod.example/gateway' }
    },
    (c) => {
      c['tls'] = tls
      c.peps['gateway'] = { spiffe_id: 'https://prod.example/gateway' }
    },
    'peps.gateway.spiffe_id',
    /must be a SPIFFE ID/,
  ],
  [
    'the network without TLS',
    (c) => {
      c['tls'] = 'off'
      c['listen'] = { decisions: '0.0.0.0:7070' }
    },
    (c) => (c['listen'] = { decisions: '0.0.0.0:7070' }),
    'listen.decisions',
    /needs `tls`/,
  ],
  [
    'the network of IPv6 without TLS',
    (c) => (c['listen'] = { decisions: '[::1]:7070' }),
    (c) => (c['listen'] = { decisions: '[::]:7070' }),
    'listen.decisions',
    /needs `tls`/,
  ],
  [
    'the network and anyone',
    (c) => {
      c['tls'] = tls
      c['listen'] = { decisions: '127.0.0.1:7070' }
      c.peps['gateway'] = { none: true }
    },
    (c) => {
      c['tls'] = tls
      c['listen'] = { decisions: '10.0.0.1:7070' }
      c.peps['gateway'] = { none: true }
    },
    'peps.gateway',
    /whole network/,
  ],
  [
    'administration over TCP without tokens',
    (c) => {
      c['listen'] = { admin: '127.0.0.1:7072' }
      c['admin'] = { tokens: { alice: { bearer: 'file:a', roles: ['policy'] } } }
    },
    (c) => (c['listen'] = { admin: '127.0.0.1:7072' }),
    'listen.admin',
    /needs admin.tokens/,
  ],
  [
    'administration on the network behind the TLS of something else',
    (c) => {
      c['tls'] = tls
      c['listen'] = { admin: '0.0.0.0:7072' }
      c['admin'] = { tokens: { alice: { bearer: 'file:a', roles: ['policy'] } } }
    },
    (c) => {
      c['tls'] = 'off'
      c['listen'] = { admin: '0.0.0.0:7072' }
      c['admin'] = { tokens: { alice: { bearer: 'file:a', roles: ['policy'] } } }
    },
    'listen.admin',
    /of its own/,
  ],
  [
    'one address twice',
    (c) => (c['listen'] = { decisions: '127.0.0.1:7070', health: '127.0.0.1:7071' }),
    (c) => (c['listen'] = { decisions: '127.0.0.1:7070', health: '127.0.0.1:7070' }),
    'listen.health',
    /listen.decisions too/,
  ],
  [
    'a host name to listen on',
    (c) => (c['listen'] = { decisions: 'localhost:7070' }),
    (c) => (c['listen'] = { decisions: 'pdp.example.org:7070' }),
    'listen.decisions',
    /ADDRESS:PORT/,
  ],
  [
    'a port that is none',
    (c) => (c['listen'] = { decisions: '127.0.0.1:65535' }),
    (c) => (c['listen'] = { decisions: '127.0.0.1:65536' }),
    'listen.decisions',
    /ADDRESS:PORT/,
  ],
  [
    'an issuer over http',
    () => undefined,
    (c) => (c.trust = [{ issuer: 'http://login.example.org' }]),
    'trust.0.issuer',
    /must be https/,
  ],
  [
    'an issuer over http on another machine, called private',
    (c) => (c.trust = [{ issuer: 'http://127.0.0.1:8080', allow_private: true }]),
    (c) => (c.trust = [{ issuer: 'http://10.0.0.1:8080', allow_private: true }]),
    'trust.0.issuer',
    /loopback/,
  ],
  [
    'keys of an issuer over http',
    (c) => (c.trust = [{ issuer: 'https://login.example.org', jwks: 'https://login.example.org/keys' }]),
    (c) => (c.trust = [{ issuer: 'https://login.example.org', jwks: 'http://login.example.org/keys' }]),
    'trust.0.jwks',
    /must be https/,
  ],
  [
    'one issuer twice',
    (c) => c.trust.push({ issuer: 'https://other.example.org' }),
    (c) => c.trust.push({ issuer: 'https://login.example.org' }),
    'trust.1',
    /configured twice/,
  ],
  [
    'a password in a URL',
    (c) => (c['fleet'] = { redis: 'rediss://redis.internal:6380', secret: 'file:s', password: 'env:REDIS' }),
    (c) => (c['fleet'] = { redis: 'rediss://:hunter2@redis.internal:6380', secret: 'file:s' }),
    'fleet.redis.0',
    /must not hold a user name or password/,
  ],
  [
    'a secret in place of where it is',
    (c) => (c['fleet'] = { redis: 'rediss://redis.internal', secret: 'env:FLEET' }),
    (c) => (c['fleet'] = { redis: 'rediss://redis.internal', secret: 'hunter2' }),
    'fleet.secret.0',
    /file:PATH or env:NAME/,
  ],
  [
    'a Redis on the network without TLS',
    (c) => (c['fleet'] = { redis: 'redis://redis.internal', tls: 'off', secret: 'file:s' }),
    (c) => (c['fleet'] = { redis: 'redis://redis.internal', secret: 'file:s' }),
    'fleet.redis',
    /must be rediss/,
  ],
  [
    'several servers of Redis that are said to be nothing more',
    (c) => (c['fleet'] = { redis: ['rediss://a', 'rediss://b'], sentinel: { name: 'm' }, secret: 'file:s' }),
    (c) => (c['fleet'] = { redis: ['rediss://a', 'rediss://b'], secret: 'file:s' }),
    'fleet.redis',
    /sentinel/,
  ],
  [
    'servers of Redis with and without TLS',
    (c) => (c['fleet'] = { redis: ['rediss://a', 'rediss://[::1]'], cluster: true, secret: 'file:s' }),
    (c) => (c['fleet'] = { redis: ['rediss://a', 'redis://[::1]'], cluster: true, secret: 'file:s' }),
    'fleet.redis',
    /all redis or all rediss/,
  ],
  [
    'a cluster of Redis behind sentinels',
    (c) => (c['fleet'] = { redis: 'rediss://a', sentinel: { name: 'm' }, secret: 'file:s' }),
    (c) => (c['fleet'] = { redis: 'rediss://a', sentinel: { name: 'm' }, cluster: true, secret: 'file:s' }),
    'fleet.cluster',
    /leave one out/,
  ],
  [
    'a database of a cluster',
    (c) => (c['fleet'] = { redis: 'rediss://a/3', secret: 'file:s' }),
    (c) => (c['fleet'] = { redis: 'rediss://a/3', cluster: true, secret: 'file:s' }),
    'fleet.redis',
    /a cluster has one/,
  ],
  [
    'a path in the URL of Redis that is no database',
    (c) => (c['fleet'] = { redis: 'rediss://a/0', secret: 'file:s' }),
    (c) => (c['fleet'] = { redis: 'rediss://a/first', secret: 'file:s' }),
    'fleet.redis.0',
    /number of a database/,
  ],
  [
    'a certificate for Redis without its key',
    (c) => (c['fleet'] = { redis: 'rediss://a', tls: { cert: 'file:c', key: 'file:k' }, secret: 'file:s' }),
    (c) => (c['fleet'] = { redis: 'rediss://a', tls: { cert: 'file:c' }, secret: 'file:s' }),
    'fleet.tls',
    /both/,
  ],
  [
    'a user of Redis without a password',
    (c) => (c['fleet'] = { redis: 'rediss://a', username: 'pdp', password: 'file:p', secret: 'file:s' }),
    (c) => (c['fleet'] = { redis: 'rediss://a', username: 'pdp', secret: 'file:s' }),
    'fleet.username',
    /password/,
  ],
  [
    'more secrets of a fleet than the one in use and the one before it',
    (c) => (c['fleet'] = { redis: 'rediss://a', secret: ['file:new', 'file:old'] }),
    (c) => (c['fleet'] = { redis: 'rediss://a', secret: ['file:new', 'file:old', 'file:older'] }),
    'fleet.secret',
    /2/,
  ],
  [
    'workers without a fleet',
    (c) => {
      c['workers'] = 4
      c['fleet'] = { redis: 'rediss://redis.internal', secret: 'file:s' }
    },
    (c) => (c['workers'] = 4),
    'workers',
    /fleet.redis/,
  ],
  [
    'a rate that is shared without a fleet',
    (c) => {
      c['fleet'] = { redis: 'rediss://redis.internal', secret: 'file:s' }
      c['limits'] = { rate: { subject: { per_second: 5 }, shared: true } }
    },
    (c) => (c['limits'] = { rate: { subject: { per_second: 5 }, shared: true } }),
    'limits.rate.shared',
    /configure `fleet`/,
  ],
  [
    'no rate that is shared',
    (c) => {
      c['fleet'] = { redis: 'rediss://redis.internal', secret: 'file:s' }
      c['limits'] = { rate: { pep: { per_second: 5 }, shared: true } }
    },
    (c) => {
      c['fleet'] = { redis: 'rediss://redis.internal', secret: 'file:s' }
      c['limits'] = { rate: { shared: true } }
    },
    'limits.rate.shared',
    /name `pep` or `subject`/,
  ],
  [
    'a head that may take longer than its request',
    (c) => (c['limits'] = { headers_timeout_ms: 2_000, request_timeout_ms: 2_000 }),
    (c) => (c['limits'] = { headers_timeout_ms: 2_001, request_timeout_ms: 2_000 }),
    'limits.headers_timeout_ms',
    /longer than/,
  ],
  [
    'a socket mode read as a number',
    (c) => (c['listen'] = { socket_mode: '0660' }),
    (c) => (c['listen'] = { socket_mode: '660' }),
    'listen.socket_mode',
    /in quotes/,
  ],
  ['a name with a dot', () => undefined, (c) => (c.peps['a.b'] = { none: true }), 'peps.a.b', /1 to 63/],
]

describe('what is refused, each beside a twin that is accepted', () => {
  test.for(rows)('%s', ([, twin, defect, at, says]) => {
    expect(parse(twin)).toMatchObject({ ok: true })
    const refused = parse(defect)
    expect(refused.ok).toBe(false)
    const problems = refused.ok ? [] : refused.problems
    expect(problems.map((problem) => problem.at)).toContain(at)
    expect(problems.find((problem) => problem.at === at)?.message).toMatch(says)
  })

  test('all problems are said at once', () => {
    const refused = parse((c) => {
      c.services['billing'] = { audiences: ['https://orders.example.org'], peps: ['nobody'] }
      c.peps['gateway'] = { none: true, vouch: { peer_certificate: true } }
    })
    expect(refused.ok ? [] : refused.problems).toHaveLength(4)
  })
})

test('health and metrics hold nothing secret, and may be reached without TLS', () => {
  expect(parse((c) => (c['listen'] = { health: '0.0.0.0:7071' }))).toMatchObject({ ok: true })
})

test('the defaults', () => {
  const parsed = parse(() => undefined)
  expect(parsed).toMatchObject({
    ok: true,
    value: {
      listen: { decisions: '127.0.0.1:7070', health: '127.0.0.1:7071', socket_mode: '0600' },
      audit: { mode: 'written' },
      state: 'state',
      workers: 1,
      services: { orders: { identity: 'required', reuse_max_s: 0 } },
      revocation: { stale: 'deny' },
      limits: { grace_s: 10, deadline_ms: 1_000 },
    },
  })
})
