/** One example for each section of the configuration, as its reference page shows it. A test reads each with the schema. */
export const configExamples: Readonly<Record<string, string>> = {
  services: `services:
  orders:
    audiences: [https://orders.example.org]
    environment: production
    reuse_max_s: 10
    peps: [orders-api]
`,
  peps: `peps:
  orders-api: { bearer: file:/etc/sallyport/orders-api.key }
`,
  trust: `trust:
  - { spiffe: prod.example, from: unix:/run/spire/agent.sock, environment: production }
  - { issuer: https://login.example.org, environment: production, facts: { namespace: namespace } }
`,
  links: `links:
  - subject: spiffe://prod.example/ns/shop/sa/checkout
    same_as: { issuer: https://login.example.org, subject: checkout }
trust:
  - { spiffe: prod.example, from: file:bundle.json, environment: production }
  - { issuer: https://login.example.org, environment: production }
`,
  registry: `registry:
  issuer: https://clients.example.org
  from: file:clients.yaml
  methods: { api-key: { environment: prod }, private-key-jwt: {} }
`,
  sunset: `sunset: { api-key: 2027-03-01 }
registry:
  issuer: https://clients.example.org
  from: file:clients.yaml
  methods: { api-key: { environment: prod } }
`,
  aws: `aws:
  accounts: { "123456789012": { environment: production } }
  iam: { endpoints: [https://sts.eu-central-1.amazonaws.com] }
`,
  bundles: `bundles:
  orders: { file: ./orders.tar.gz, signer: file:./signer.pub }
`,
  policy_headers: `policy_headers: { request: [x-tenant], response: [x-policy-hint] }
`,
  listen: `listen:
  decisions: 127.0.0.1:7070
  ext_authz: unix:/run/sallyport/ext-authz.sock
`,
  ext_authz: `listen: { ext_authz: 127.0.0.1:9191 }
ext_authz: { reflection: true }
`,
  http_authz: `listen: { http_authz: 127.0.0.1:7072 }
http_authz: { convention: nginx }
`,
  envoy_ext_authz_grpc: `services: { shop: { audiences: [https://shop.example.org], peps: [sidecar], dialect: opa-envoy } }
peps: { sidecar: { socket: ext_authz, failure_mode_allow: false } }
envoy_ext_authz_grpc: { addr: unix:///run/sallyport/ext-authz.sock, path: envoy/authz/allow }
`,
  tls: `tls: { cert: file:tls.pem, key: file:tls.key, client_ca: file:ca.pem }
`,
  state: `state: /var/lib/sallyport
`,
  audit: `audit:
  mode: synced
  keep: { days: 400 }
  sinks: { siem: { type: http, url: https://siem.internal/ingest, bearer: file:siem.token } }
`,
  limits: `limits:
  deadline_ms: 500
  drain_ms: 2000
  rate: { subject: { per_second: 50 } }
`,
  fleet: `fleet: { redis: rediss://redis.internal:6380, secret: file:/run/secrets/fleet }
`,
  workers: `workers: 4
fleet: { redis: redis://127.0.0.1:6379, secret: file:/run/secrets/fleet }
`,
  admin: `admin:
  tokens: { auditor: { bearer: file:auditor.key, roles: [audit:read] } }
`,
  revocation: `revocation: { stale: deny, stale_after_s: 5 }
`,
  telemetry: `telemetry:
  traces:
    endpoint: https://otel.internal:4318/v1/traces
    headers: env:COLLECTOR_HEADERS
    sampler: parentbased_traceidratio
    ratio: 0.05
`,
  log: `log: { level: warn, format: json, decisions: denies }
`,
}
