import { readFile } from 'node:fs/promises'
import type { JsonObject } from '../../../core/json.ts'
import type { CorpusCase } from '../../../policy/corpus.ts'
import { type LoadedBundle, loadBundle } from '../../../policy/load-bundle.ts'
import type { RegoToolchain } from '../../../rego/toolchain.ts'
import { listAt, locationOf, rulePath } from '../lint/syntax.ts'
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
    for (const rule of listAt(module, 'rules')) {
      const { row, col, text } = locationOf(rule)
      const name = `data.${rulePath(module, rule).replaceAll('/', '.')}`
      const before = rules.get(name)
      const place = before?.place ?? `${placed(file)}:${row}:${col}`
      rules.set(name, { text: before ? `${before.text}\n${text}` : text, place })
    }
  }
  return rules
}
