import { spawnSync } from 'node:child_process'
import { parse, parseAllDocuments } from 'yaml'
import { readBundleDefinition } from '../../../pdp/config/read-bundle-definition.ts'
import { readClientsDocument } from '../../../pdp/config/clients-document.ts'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import { configSchema } from '../../../pdp/config/schema.ts'
import { readMatrix } from '../../../pdp/policy/matrix/read-matrix.ts'
import type { Fence } from '../../architecture/fences.ts'
import { base } from '../../unit/config/base.ts'
import { handled } from './handled-elsewhere.ts'
import { hasCommands, unknownInShell } from './shell-lines.ts'

/** What holds a kind of block. Rules are asked in order; the first that applies judges. */
export interface SnippetRule {
  readonly name: string
  readonly applies: (fence: Fence) => boolean
  /** What is wrong with it. Absent: another test judges it, together with the blocks around it or with its like. */
  readonly problems?: (fence: Fence) => readonly string[]
}

const sections = Object.keys(configSchema.shape)
const membersOf = (text: string): readonly string[] => {
  const value: unknown = parse(text)
  return typeof value === 'object' && value !== null ? Object.keys(value) : []
}
const yamlWith = (member: (members: readonly string[]) => boolean) => (fence: Fence) =>
  fence.language === 'yaml' && member(membersOf(fence.text))

/** Words behind the language of blocks that belong to a page's session. */
const sessionWords = /^(?:run|again|exits=\d+|background|output|installs|file=\S+)$/

const snippetRules: readonly SnippetRule[] = [
  { name: 'handled by another test', applies: (fence) => handled(fence) !== undefined },
  {
    name: 'part of a session that is run',
    applies: ({ words }) => words.length > 0 && words.every((word) => sessionWords.test(word)),
  },
  {
    name: 'bundle definition',
    applies: yamlWith((members) => members.includes('entrypoints')),
    problems: ({ text }) => told(() => readBundleDefinition(text)),
  },
  {
    name: 'registry of clients',
    applies: yamlWith((members) => members.includes('clients')),
    problems: ({ text }) => {
      const clients = readClientsDocument(text.replace('hmac-sha256:…', `hmac-sha256:${'0'.repeat(64)}`))
      return clients.ok ? [] : [JSON.stringify(clients)]
    },
  },
  {
    name: 'matrix',
    applies: yamlWith((members) => members.includes('principals')),
    problems: ({ text }) => {
      const matrix = readMatrix(text)
      return matrix.ok ? [] : [JSON.stringify(matrix)]
    },
  },
  {
    name: 'configuration',
    applies: yamlWith((members) => members.length > 0 && members.every((name) => sections.includes(name))),
    problems: ({ text }) => configurationProblems(parse(text) as Readonly<Record<string, unknown>>),
  },
  {
    name: 'part of a bundle in the configuration',
    applies: yamlWith((members) => members.length === 1 && ['http', 'oci'].includes(members[0] ?? '')),
    problems: ({ text }) =>
      configurationProblems({ bundles: { orders: { ...(parse(text) as object), signer: 'file:alice.pub' } } }),
  },
  {
    name: 'YAML of another program',
    applies: ({ language, text }) => language === 'yaml' && othersYaml.test(text),
    problems: ({ text }) => parseAllDocuments(text).flatMap(({ errors }) => errors.map(({ message }) => message)),
  },
  {
    name: 'JSON',
    applies: ({ language }) => language === 'json',
    problems: ({ text }) => told(() => JSON.parse(text)),
  },
  { name: 'Rego', applies: ({ language }) => language === 'rego' },
  { name: 'TypeScript', applies: ({ language }) => ['ts', 'js'].includes(language) },
  {
    name: 'shell',
    applies: ({ language, text }) => language === 'sh' || (language === '' && hasCommands(text)),
    problems: ({ text }) => [...bashProblems(text), ...unknownInShell(text)],
  },
]

/** Members that only Kubernetes, Envoy, Compose, Helm and Prometheus have. */
const othersYaml =
  /^(?:apiVersion|static_resources|http_filters|- name: envoy\.|clusters|image|groups|scrape_configs|replicaCount|variant|serviceMonitor):?/m

/** The rule that judges a block; undefined where none does. */
export const ruleOf = (fence: Fence): SnippetRule | undefined => snippetRules.find(({ applies }) => applies(fence))

/** Sections laid over a configuration that is whole without them. What they name of others is put beside them. */
function configurationProblems(sections: Readonly<Record<string, unknown>>): readonly string[] {
  const parsed = parseConfig(beside(withNeighbours(sections), sections))
  return parsed.ok ? [] : parsed.problems.map(({ at, message }) => `${at}: ${message}`)
}

/** One over the other; bundles are joined, since a policy may be of any of them. */
const beside = (usual: Record<string, unknown>, given: Readonly<Record<string, unknown>>) => ({
  ...usual,
  ...given,
  bundles: { ...(usual['bundles'] as object), ...(given['bundles'] as object | undefined) },
})

/** Enforcement points and services that an example leaves out: its own where it has some, the usual ones else. */
function withNeighbours(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const usual = base()
  const services = (given['services'] ?? usual.services) as Readonly<Record<string, { peps?: readonly string[] }>>
  const named = Object.values(services).flatMap(({ peps = [] }) => peps)
  const peps = Object.fromEntries(named.map((name) => [name, { bearer: `file:${name}.key` }]))
  const bundles = Object.fromEntries(
    Object.keys(services).map((name) => [name, { file: `${name}.tar.gz`, unsigned: true }]),
  )
  const own = given['peps'] !== undefined && given['services'] === undefined ? Object.keys(given['peps'] as object) : []
  const asked = own.length === 0 ? services : { orders: { audiences: ['https://orders.example.org'], peps: own } }
  const tls = JSON.stringify(given).includes('0.0.0.0') || given['http_authz'] ? { tls: 'off' } : {}
  const listens = given['http_authz'] ? { listen: { http_authz: '127.0.0.1:7072' } } : {}
  return { ...usual, services: asked, peps, bundles, ...tls, ...listens }
}

function told(act: () => unknown): readonly string[] {
  try {
    act()
    return []
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

function bashProblems(text: string): readonly string[] {
  const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' })
  return status === 0 ? [] : [stderr.trim()]
}
