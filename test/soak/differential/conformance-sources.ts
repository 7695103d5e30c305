import { spawnSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import type { Source } from './subject.ts'

const goModule = fileURLToPath(new URL('../../../rego', import.meta.url))
const opa = 'github.com/open-policy-agent/opa'

/**
 * The Rego of OPA's own cases, by file and index, of those that the interpreter can be asked in bulk: the query is one
 * reference whose value is bound to a variable. Empty where Go cannot say where the cases are.
 */
export async function readSources(): Promise<ReadonlyMap<string, Source>> {
  const listed = spawnSync('go', ['list', '-m', '-f', '{{.Dir}}', opa], { cwd: goModule, encoding: 'utf8' })
  const sources = new Map<string, Source>()
  if (listed.status !== 0) return sources
  const root = join(listed.stdout.trim(), 'v1', 'test', 'cases', 'testdata')
  for (const version of ['v0', 'v1'] as const) {
    const files = await readdir(join(root, version), { recursive: true })
    for (const file of files.filter((name) => name.endsWith('.yaml'))) {
      const text = await readFile(join(root, version, file), 'utf8')
      if (!/^ *(?:- )?input:/m.test(text)) continue // most cases have none
      const { cases }: { readonly cases?: readonly WrittenCase[] } = parse(text)
      for (const [index, written] of (cases ?? []).entries()) {
        const source = sourceOf(written, version)
        if (source) sources.set(`${version}/${file}#${index}`, source)
      }
    }
  }
  return sources
}

interface WrittenCase {
  readonly query: string
  readonly modules?: readonly string[]
  readonly data?: Readonly<Record<string, unknown>>
  readonly experimental_keywords?: boolean
}

function sourceOf(written: WrittenCase, regoVersion: 'v0' | 'v1'): Source | undefined {
  const { query, modules = [], data, experimental_keywords: experimental = false } = written
  if (experimental) return undefined // the toolchain does not read these keywords
  const expression = /^(data\.[\w.]+) = [a-z]$/.exec(query)?.[1]
  if (expression === undefined) return undefined
  const texts = modules.map((text, i) => [`module-${i}.rego`, text] as const)
  return { modules: Object.fromEntries(texts), data: data ?? {}, expression, regoVersion }
}
