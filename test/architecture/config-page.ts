import { configJsonSchema } from '../../pdp/config/schema.ts'
import { configExamples } from './config-examples.ts'

interface Node {
  readonly description?: string
  readonly type?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, Node>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Node | boolean
  readonly items?: Node
  readonly anyOf?: readonly Node[]
  readonly oneOf?: readonly Node[]
}

/** The reference page of the configuration, made from its published schema. `npm run docs` writes it. */
export function configPage(): string {
  const { properties = {} } = configJsonSchema() as Node
  const sections = Object.entries(properties).map(([name, node]) => section(name, node))
  return `# Configuration

This page is made from the schemas in \`pdp/config\` by \`npm run docs\`; a test fails when the two differ.

One YAML file, \`sallyport.yaml\` unless \`--config\` or \`SALLYPORT_CONFIG\` names another. Unknown keys refuse the start, with what was
probably meant. Flags (\`--set a.b=value\`) win over variables (\`SALLYPORT_A__B\`), those over the file, that over the defaults below.
\`sallyport config check\` says all that is wrong, \`sallyport config print --sources\` what is in force and why, \`sallyport config
schema > sallyport.schema.json\` makes the JSON Schema for editors (\`# yaml-language-server: $schema=sallyport.schema.json\`).

\`NAME\` is a name that you choose: up to 63 of a-z, 0-9 and dash. Secrets stand in files (\`file:PATH\`) or variables (\`env:NAME\`), never
here; relative paths begin at the folder of the file. Keys that end in \`_s\` are seconds, in \`_ms\` milliseconds, in \`bytes\` bytes. A
default of – means that the key may be absent; **needed** says that it must not be where the object it stands in is there.

Sections: ${Object.keys(properties)
    .map((name) => `[${name}](#${name})`)
    .join(' · ')}

${sections.join('\n')}`
}

function section(name: string, node: Node): string {
  const own = node.properties || forms(node).length > 0 || node.items || typeof node.additionalProperties === 'object'
  const rows = own ? tables(name, node) : [row(name, node, false)]
  const lines = rows.map((each) => (each.startsWith('|') ? each : `\n${each}\n\n${head}`))
  const first = lines[0]?.startsWith('|') ? `${head}\n` : ''
  const about = node.description ? `${capital(node.description)}.\n\n` : ''
  const example = configExamples[name] ? `\n\`\`\`yaml\n${configExamples[name]}\`\`\`\n` : ''
  return `## ${name}\n\n${about}${first}${lines.join('\n')}\n${example}`.replaceAll(/\n{3,}/g, '\n\n')
}

const head = '| key | value | default | meaning |\n|---|---|---|---|'
const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1)

/** Rows below a setting; a line that is no row begins a table for one of several forms. */
function tables(path: string, node: Node): readonly string[] {
  if (node.properties) {
    return Object.entries(node.properties).flatMap(([name, below]) => {
      const at = `${path}.${name}`
      return [row(at, below, node.required?.includes(name) ?? false), ...tables(at, below)]
    })
  }
  if (node.items) return tables(`${path}[]`, node.items)
  if (typeof node.additionalProperties === 'object') return tables(`${path}.NAME`, node.additionalProperties)
  const objects = forms(node)
  if (objects.length < 2) return objects.flatMap((one) => tables(path, one))
  if (!path.includes('.') || path.endsWith('sinks.NAME')) {
    return objects.flatMap((one) => [`\`${path}\` ${nameOf(one)}:`, ...tables(path, one)])
  }
  // small ones in the midst of a table: what any of them has, once
  const all = new Map<string, Node>()
  for (const [name, one] of objects.flatMap(({ properties = {} }) => Object.entries(properties))) {
    const before = all.get(name)
    const differs = before && one.const !== undefined && before.const !== one.const
    all.set(name, differs ? { ...one, const: undefined, enum: [before.const, one.const] } : (before ?? one))
  }
  return tables(path, { properties: Object.fromEntries(all) })
}

const forms = ({ anyOf, oneOf }: Node): readonly Node[] =>
  (anyOf ?? oneOf ?? []).filter(({ properties, items }) => properties ?? items)

/** By which member a form is told from the others. */
function nameOf({ properties = {}, required = [] }: Node): string {
  const chosen = Object.entries(properties).find(([, { const: value }]) => value !== undefined)
  if (chosen) return `with \`${chosen[0]}: ${String(chosen[1].const)}\``
  const telling = ['azure_attested', 'clients', 'spiffe', 'issuer', 'cert'].find((name) => required.includes(name))
  return `with \`${telling ?? required[0] ?? ''}\``
}

function row(path: string, node: Node, needed: boolean): string {
  const given = node.default === undefined ? '–' : `\`${JSON.stringify(node.default)}\``
  const isGroup = node.properties !== undefined && (node.default === undefined || JSON.stringify(node.default) === '{}')
  const standard = needed ? '**needed**' : isGroup ? '–' : given
  return `| \`${path}\` | ${valueOf(node)} | ${standard} | ${node.description ?? ''} |`.replaceAll('\\|', '|')
}

const patterns: Readonly<Record<string, string>> = {
  [String.raw`^file:[^\0]+$`]: '`file:PATH`',
  [String.raw`^(?:file:[^\0]+|env:[A-Za-z_][A-Za-z0-9_]*)$`]: '`file:PATH` or `env:NAME`',
  [String.raw`^[a-z0-9][a-z0-9-]{0,62}$`]: 'name',
}

function valueOf(node: Node): string {
  const { type, properties, items, additionalProperties, pattern = '' } = node
  const several = node.anyOf ?? node.oneOf
  if (several) return [...new Set(several.map(valueOf))].join(' or ')
  if (node.const !== undefined) return `\`${String(node.const)}\``
  if (node.enum) return node.enum.map((one) => `\`${String(one)}\``).join(', ')
  if (items) return `list: ${valueOf(items)}`
  if (properties) return 'settings'
  if (typeof additionalProperties === 'object') return `\`NAME:\` ${valueOf(additionalProperties)}`
  if (type === 'integer' || type === 'number') return `${type}${rangeOf(node)}`
  return patterns[pattern] ?? (type === 'string' ? 'text' : (type ?? 'any'))
}

function rangeOf({ minimum, maximum = Number.MAX_SAFE_INTEGER }: Node): string {
  const from = minimum ?? 0
  return maximum >= Number.MAX_SAFE_INTEGER ? `, ${from} or more` : `, ${from} to ${maximum}`
}
