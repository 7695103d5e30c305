import type { Dirent } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** The sources of a policy: Rego by path and the base documents. Tests and examples are not among them. */
export interface PolicySources {
  readonly modules: Readonly<Record<string, string>>
  readonly data: Readonly<Record<string, unknown>>
}

/** Reads every `.rego` file below a folder but `*_test.rego`, and the one `data.json` at its top. */
export async function readPolicyFolder(folder: string): Promise<PolicySources> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const modules = await readRego(folder, entries, (name) => !isTest(name))
  const hasData = entries.some((entry) => entry.name === 'data.json' && entry.parentPath === folder)
  return { modules, data: hasData ? await readData(join(folder, 'data.json')) : {} }
}

async function readData(path: string): Promise<PolicySources['data']> {
  let data: unknown
  try {
    data = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new Error(`${path}: is not JSON: ${error instanceof Error ? error.message : 'an unknown fault'}`)
  }
  if (!isDocuments(data)) throw new Error(`${path}: must hold an object`)
  return data
}

/** Reads every `*_test.rego` file below a folder, by path. */
export const readTestModules = async (folder: string): Promise<PolicySources['modules']> =>
  readRego(folder, await readdir(folder, { recursive: true, withFileTypes: true }), isTest)

/** Reads every `*_test.yaml` file below a folder, by path: matrices of who may do what. */
export const readMatrixFiles = async (folder: string): Promise<PolicySources['modules']> =>
  readTexts(folder, await readdir(folder, { recursive: true, withFileTypes: true }), (name) =>
    name.endsWith('_test.yaml'),
  )

const isTest = (name: string): boolean => name.endsWith('_test.rego')

const readRego: typeof readTexts = async (folder, entries, wanted) =>
  readTexts(folder, entries, (name) => name.endsWith('.rego') && wanted(name))

async function readTexts(
  folder: string,
  entries: readonly Dirent[],
  wanted: (name: string) => boolean,
): Promise<PolicySources['modules']> {
  const paths = entries
    .filter((entry) => entry.isFile() && wanted(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  const modules = paths.map(
    async (path): Promise<[string, string]> => [relative(folder, path), await readFile(path, 'utf8')],
  )
  return Object.fromEntries(await Promise.all(modules))
}

const isDocuments = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
