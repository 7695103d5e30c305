import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const beside = fileURLToPath(new URL('../../../shared/vectors', import.meta.url))

/**
 * The folder of the public vectors, if it is there: `SALLYPORT_VECTORS`, else `../shared/vectors` beside the project.
 */
function vectorsFolder(): string | undefined {
  const folder = process.env['SALLYPORT_VECTORS'] ?? beside
  return existsSync(folder) ? folder : undefined
}

/** A part of the public vectors and where its originals are, such as `C2SP/wycheproof on GitHub`. */
export interface VectorSource {
  readonly folder: string
  readonly originals: string
}

/**
 * Reads a JSON file of the part. The caller says what is in it: vectors are trusted and described in their SOURCE.md.
 */
export type ReadVectors = <T>(file: string) => T

/** What is no JSON: names in a folder of the part, and files as they stand, byte for byte. */
export interface VectorFiles {
  readonly names: (folder: string) => readonly string[]
  readonly bytes: (file: string) => Buffer
}

/**
 * A suite over public vectors. Where they are absent, as in a fresh clone, it says so in one line and passes; with
 * `CI=true` it fails.
 */
export function describeVectors(
  name: string,
  { folder, originals }: VectorSource,
  suite: (read: ReadVectors, files: VectorFiles) => void,
) {
  const path = join(vectorsFolder() ?? '', folder)
  if (vectorsFolder() === undefined || !existsSync(path)) return reportAbsent(name, { folder, originals })
  describe(`${name}`, () => {
    // what is in a file is the suite's to know
    suite(<T>(file: string) => JSON.parse(readFileSync(join(path, file), 'utf8')) as T, {
      names: (inside) => readdirSync(join(path, inside)),
      bytes: (file) => readFileSync(join(path, file)),
    })
  })
}

function reportAbsent(name: string, { folder, originals }: VectorSource): void {
  test(`${name}: vectors are absent`, () => {
    const line = `not run: ${name} (no ${folder} in SALLYPORT_VECTORS; originals: ${originals})`
    process.stderr.write(`${line}\n`)
    expect(process.env['CI'] === 'true' ? line : '').toBe('')
  })
}
