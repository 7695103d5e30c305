import { readFile } from 'node:fs/promises'
import { isObject, type JsonObject, type JsonValue, member } from '../../../core/json.ts'
import type { CorpusCase } from '../../../policy/corpus.ts'
import { type LoadedBundle, loadBundle } from '../../../policy/load-bundle.ts'
import type { RegoToolchain } from '../../../rego/toolchain.ts'
import { buildBundle, errorLine, readDefinitionSources } from '../../build-bundle.ts'

/** A rule as its source has it: the texts of its bodies in order, and where the first stands. */
export interface RuleText {
  readonly text: string
  readonly place: string
}

/** One of the two that are compared. `rules`: by path; absent for a bundle, which carries compiled rules alone. */
export interface Side {
  readonly bundle: LoadedBundle
  readonly data: JsonObject
  readonly corpus: readonly CorpusCase[]
  readonly rules?: ReadonlyMap<string, RuleText>
}

/** Opens a definition (`.yaml`) or a bundle. Throws, for the author. */
export async function openSide(path: string, toolchain: RegoToolchain): Promise<Side> {
  const isDefinition = /\.ya?ml$/.test(path)
  const archive = isDefinition ? (await buildBundle(path, toolchain)).archive : await readFile(path)
  const loaded = await loadBundle(archive)
  if (!loaded.ok) throw new Error(`${path}: ${loaded.detail} (${loaded.clause})`)
  const { source, corpus } = loaded.value
  return {
    bundle: loaded.value,
    data: JSON.parse(Buffer.from(source.data).toString('utf8')) as JsonObject, // as `startBundle` wrote it
    corpus: corpus ? casesOf(corpus) : [],
    ...(isDefinition && { rules: await rulesOf(path, toolchain) }),
  }
}

/** The cases of a bundle's own corpus, which was checked when the bundle was loaded. */
export const casesOf = (bytes: Uint8Array): readonly CorpusCase[] =>
  (JSON.parse(Buffer.from(bytes).toString('utf8')) as { readonly cases: readonly CorpusCase[] }).cases

async function rulesOf(path: string, toolchain: RegoToolchain): Promise<ReadonlyMap<string, RuleText>> {
  const { modules, placed } = await readDefinitionSources(path)
  const parsed = await toolchain.parse({ modules, locations: true })
  if (!parsed.ok) throw new Error(parsed.errors.map((error) => errorLine(error, placed)).join('\n'))
  const rules = new Map<string, RuleText>()
  for (const [file, tree] of Object.entries(parsed.value.modules)) {
    const module = tree as JsonObject // a syntax tree is JSON
    const folder = pathOf(member(module, 'package'))
    for (const rule of listAt(module, 'rules')) {
      const { row, col, text } = locationOf(rule)
      const name = [...folder, ...pathOf(member(rule, 'head'))].join('.')
      const before = rules.get(name)
      const place = before?.place ?? `${placed(file)}:${row}:${col}`
      rules.set(name, { text: before ? `${before.text}\n${text}` : text, place })
    }
  }
  return rules
}

const listAt = (node: JsonObject, name: string): readonly JsonObject[] => {
  const list = member(node, name)
  return Array.isArray(list) ? (list as readonly JsonValue[]).filter(isObject) : []
}

/** The names of a package (`path`, behind `data`) or of the head of a rule (`ref`). */
function pathOf(node: JsonValue | undefined): readonly string[] {
  if (!isObject(node)) return []
  const terms = [...listAt(node, 'path'), ...listAt(node, 'ref')]
  return terms.flatMap((term) => {
    const value = member(term, 'value')
    return typeof value === 'string' ? [value] : []
  })
}

function locationOf(node: JsonObject): { readonly row: number; readonly col: number; readonly text: string } {
  const location = member(node, 'location')
  const at = (name: string) => (isObject(location) ? member(location, name) : undefined)
  const [row, col, text] = [at('row'), at('col'), at('text')]
  return {
    row: typeof row === 'number' ? row : 1,
    col: typeof col === 'number' ? col : 1,
    text: typeof text === 'string' ? Buffer.from(text, 'base64').toString('utf8') : '',
  }
}
