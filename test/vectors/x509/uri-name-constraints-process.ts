import { writeFileSync } from 'node:fs'
import { createAuthority, extension, general, pemOf } from '../../support/certificates.ts'
import type { LimboCase } from '../../conformance/x509/limbo-case.ts'

// Writes uri-name-constraints.json anew: cases of our own in x509-limbo's format, for names that its suite leaves out.
// node test/vectors/x509/uri-name-constraints-process.ts, then npm run format

const { uri } = general
type Halves = Parameters<typeof extension.nameConstraints>[0]

const long = { notBefore: Date.UTC(2026, 0, 1), notAfter: Date.UTC(2046, 0, 1) }

interface Own {
  readonly id: string
  readonly says: string
  readonly root?: Halves
  readonly middle?: Halves
  readonly names: readonly string[]
  readonly accepted: boolean
}

const permits = (...hosts: readonly string[]): Halves => ({ permitted: hosts.map(uri) })
const excludes = (...hosts: readonly string[]): Halves => ({ excluded: hosts.map(uri) })
const id = (domain: string) => `spiffe://${domain}/ns/shop/sa/checkout`

const cases: readonly Own[] = [
  {
    id: 'permitted-host',
    says: 'the host is permitted',
    middle: permits('prod.example'),
    names: [id('prod.example')],
    accepted: true,
  },
  {
    id: 'permitted-other-host',
    says: 'another host is permitted',
    middle: permits('dev.example'),
    names: [id('prod.example')],
    accepted: false,
  },
  {
    id: 'permitted-second',
    says: 'one of two hosts is',
    middle: permits('dev.example', 'prod.example'),
    names: [id('prod.example')],
    accepted: true,
  },
  {
    id: 'permitted-is-no-domain',
    says: 'a base without a period is one host',
    middle: permits('example'),
    names: [id('prod.example')],
    accepted: false,
  },
  {
    id: 'permitted-below',
    says: 'a base with a period is all hosts below',
    middle: permits('.example'),
    names: [id('prod.example')],
    accepted: true,
  },
  {
    id: 'permitted-below-two',
    says: 'at any depth',
    middle: permits('.example'),
    names: [id('eu.prod.example')],
    accepted: true,
  },
  {
    id: 'permitted-below-itself',
    says: 'and not the domain itself',
    middle: permits('.prod.example'),
    names: [id('prod.example')],
    accepted: false,
  },
  {
    id: 'permitted-ends-alike',
    says: 'labels are whole',
    middle: permits('.example'),
    names: [id('prodexample')],
    accepted: false,
  },
  {
    id: 'permitted-case',
    says: 'hosts fold case',
    middle: permits('PROD.Example'),
    names: [id('prod.example')],
    accepted: true,
  },
  {
    id: 'permitted-by-root',
    says: 'the anchor constrains too',
    root: permits('dev.example'),
    names: [id('prod.example')],
    accepted: false,
  },
  {
    id: 'permitted-by-root-and-middle',
    says: 'both permit',
    root: permits('.example'),
    middle: permits('prod.example'),
    names: [id('prod.example')],
    accepted: true,
  },
  {
    id: 'permitted-widened',
    says: 'what is below does not widen',
    root: permits('dev.example'),
    middle: permits('prod.example'),
    names: [id('prod.example')],
    accepted: false,
  },
  {
    id: 'permitted-one-name-outside',
    says: 'every URI counts',
    middle: permits('prod.example'),
    names: [id('prod.example'), id('dev.example')],
    accepted: false,
  },
  {
    id: 'excluded-host',
    says: 'the host is excluded',
    middle: excludes('prod.example'),
    names: [id('prod.example')],
    accepted: false,
  },
  {
    id: 'excluded-other-host',
    says: 'another host is excluded',
    middle: excludes('dev.example'),
    names: [id('prod.example')],
    accepted: true,
  },
  {
    id: 'excluded-below',
    says: 'all hosts below are excluded',
    middle: excludes('.example'),
    names: [id('prod.example')],
    accepted: false,
  },
  {
    id: 'excluded-below-itself',
    says: 'not the domain itself',
    middle: excludes('.prod.example'),
    names: [id('prod.example')],
    accepted: true,
  },
  {
    id: 'excluded-and-permitted',
    says: 'exclusion wins',
    middle: { ...permits('prod.example'), ...excludes('prod.example') },
    names: [id('prod.example')],
    accepted: false,
  },
  {
    id: 'user-name-is-no-host',
    says: 'what stands before @ is no host',
    middle: permits('prod.example'),
    names: ['https://prod.example@dev.example/'],
    accepted: false,
  },
  {
    id: 'port-is-no-host',
    says: 'a port is left out',
    middle: permits('prod.example'),
    names: ['https://prod.example:8443/'],
    accepted: true,
  },
  {
    id: 'path-is-no-host',
    says: 'a path is no host',
    middle: permits('prod.example'),
    names: ['https://dev.example/prod.example'],
    accepted: false,
  },
  {
    id: 'no-authority',
    says: 'a URI without a host cannot be told (RFC 5280 §4.2.1.10)',
    middle: permits('prod.example'),
    names: ['urn:example:prod'],
    accepted: false,
  },
  {
    id: 'no-authority-excluded',
    says: 'nor with exclusion',
    middle: excludes('dev.example'),
    names: ['urn:example:prod'],
    accepted: false,
  },
  {
    id: 'no-authority-unconstrained',
    says: 'without a URI constraint it is free',
    middle: { permitted: [general.dns('prod.example')] },
    names: ['urn:example:prod'],
    accepted: true,
  },
  {
    id: 'address-for-host',
    says: 'an address is no host by name',
    middle: permits('prod.example'),
    names: ['https://192.0.2.1/'],
    accepted: false,
  },
  {
    id: 'address-6-for-host',
    says: 'nor is one of version 6',
    middle: excludes('dev.example'),
    names: ['https://[2001:db8::1]/'],
    accepted: false,
  },
  {
    id: 'constraint-is-a-uri',
    says: 'a base is a host, not a URI',
    middle: permits('spiffe://prod.example'),
    names: [id('prod.example')],
    accepted: false,
  },
  {
    id: 'constraint-is-empty',
    says: 'an empty base is no host',
    middle: permits(''),
    names: [id('prod.example')],
    accepted: false,
  },
]

const constraint = (halves: Halves | undefined) => (halves ? { extensions: [extension.nameConstraints(halves)] } : {})

const testcases = cases.map(
  ({ id, says, root, middle, names, accepted }): LimboCase & { readonly description: string } => {
    const top = createAuthority('test root', { ...long, ...constraint(root) })
    const between = top.authority('test intermediate', { ...long, ...constraint(middle) })
    const leaf = between.issue({ ...long, extensions: [extension.names(names.map(uri))] })
    return {
      id: `uri-name-constraints::${id}`,
      description: says,
      features: [],
      validation_kind: 'CLIENT',
      trusted_certs: [pemOf(top)],
      untrusted_intermediates: [pemOf(between)],
      peer_certificate: pemOf(leaf),
      validation_time: '2026-03-02T12:00:00Z',
      expected_peer_name: null,
      expected_peer_names: [],
      key_usage: ['digitalSignature'],
      extended_key_usage: ['clientAuth'],
      max_chain_depth: null,
      crls: [],
      expected_result: accepted ? 'SUCCESS' : 'FAILURE',
    }
  },
)

writeFileSync(
  new URL('uri-name-constraints.json', import.meta.url),
  `${JSON.stringify({ version: 1, testcases }, null, 2)}\n`,
)
