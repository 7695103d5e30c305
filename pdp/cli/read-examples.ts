import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { CorpusCase } from '../policy/corpus.ts'

/** A file of `examples/`: a whole policy input, what the policy must say of it, and of which entrypoint. */
interface Example {
  readonly entrypoint?: string
  readonly input: CorpusCase['input'] & { readonly time?: unknown }
  readonly expect: CorpusCase['expect']
}

/**
 * Reads the examples of folders as the corpus of a bundle, in the order of their names. The time of an input is a number
 * in the file, with more digits than a double has, and a text in the corpus. Whether a case is of the right form is for
 * the one who evaluates it. Throws, for the author, where a file is no example at all.
 */
export async function readExamples(
  folders: readonly string[],
  entrypoints: readonly string[],
): Promise<readonly CorpusCase[]> {
  const cases: CorpusCase[] = []
  for (const folder of folders) {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
    if (names.length === 0) throw new Error(`corpus: ${folder} holds no example`)
    for (const name of names)
      cases.push(readExample(join(folder, name), await readFile(join(folder, name), 'utf8'), entrypoints))
  }
  return cases
}

function readExample(path: string, text: string, [first, ...others]: readonly string[]): CorpusCase {
  let example: Example
  try {
    example = JSON.parse(text) as Example // its form is checked when it is evaluated
  } catch {
    throw new Error(`corpus: ${path} is not JSON`)
  }
  const now = /"now_ns":\s*"?(\d+)/.exec(text)?.[1] // exact: the parsed number is not
  const entrypoint = example.entrypoint ?? (others.length === 0 ? first : undefined)
  if (now === undefined || typeof example.input !== 'object' || typeof example.expect !== 'object')
    throw new Error(`corpus: ${path} needs \`input\`, with \`time.now_ns\`, and \`expect\``)
  if (entrypoint === undefined) throw new Error(`corpus: ${path} must name its \`entrypoint\`: the bundle has several`)
  const { input, expect } = example
  return { name: basename(path, '.json'), entrypoint, input: { ...input, time: { now_ns: now } }, expect }
}
