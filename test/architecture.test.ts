import { existsSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { calendars, layers, mints } from '../oxlint.config.ts'
import { configSchema } from '../pdp/config/schema.ts'
import { codes } from '../pdp/core/codes.ts'
import { profileNames } from '../pdp/core/profile-names.ts'
import { profiles } from '../pdp/identity/profiles/list.ts'
import { chartSchema, chartSchemaFile } from './architecture/chart-schema.ts'
import { hiddenClauses, machineNames, pathsThroughWalls, readsClock, rowOf } from './architecture/checks.ts'
import { configExamples } from './architecture/config-examples.ts'
import { configPage } from './architecture/config-page.ts'
import { codesPage } from './architecture/codes-page.ts'
import { readFolderTable } from './architecture/folder-table.ts'
import { type Finding, lintTree } from './architecture/lint.ts'
import { brokenLinks, linksOf } from './architecture/links.ts'
import { listedFolders } from './architecture/lists.ts'
import { plants, surroundings } from './architecture/plants.ts'
import { projectFiles, read, root, sources } from './architecture/project.ts'

const problemsOf = (check: (text: string, path: string) => readonly string[], files: readonly string[]) =>
  files.flatMap((path) => check(read(path), path).map((problem) => `${path}: ${problem}`))

describe('the linter refuses what is planted, and only that', () => {
  let planted: readonly Finding[] = []
  let clean: readonly Finding[] = []

  beforeAll(async () => {
    const bad = plants.map(({ path, bad }) => [path, bad] as const)
    const good = plants.map(({ path, good, goodPath = path }) => [goodPath, good] as const)
    ;[planted, clean] = await Promise.all([lintTree([...surroundings, ...bad]), lintTree([...surroundings, ...good])])
  }, 60_000)

  test.for(plants)('$name', ({ rule, says, path, goodPath = path }) => {
    expect(clean.filter(({ file }) => file === goodPath)).toEqual([])
    const found = planted.filter(({ file }) => file === path)
    expect(found.map(({ rule }) => rule)).toContain(rule)
    expect(found.find((finding) => finding.rule === rule)?.message).toContain(says)
  })

  test('the clean twins pass, and every right that a file has can be used', () => {
    expect(clean).toEqual([])
  })

  test('nothing else is found', () => {
    const expected = new Map(plants.map(({ path, rule }) => [path, rule]))
    expected.set('pdp/policy/cycle-other.ts', 'import(no-cycle)')
    expect(planted.filter(({ file, rule }) => expected.get(file) !== rule)).toEqual([])
  })
})

describe('the walls are those of the table in ARCHITECTURE.md', () => {
  const table = readFolderTable()
  const order = table.flatMap(({ folders }) => folders)
  const permitted = (folder: string): readonly string[] => {
    const i = table.findIndex(({ folders }) => folders.includes(folder))
    const may = table[i]?.may ?? []
    if (may === 'everything') return order.filter((name) => name !== folder && name !== 'main.ts')
    return may === 'everything below' ? table.slice(i + 1).flatMap(({ folders }) => folders) : may
  }
  const fileIn = (at: string) => (at.endsWith('.ts') ? `pdp/${at}` : `pdp/${at}/wall.ts`)
  const importing = (from: string, targets: readonly string[]): [string, string] => {
    const up = from.endsWith('.ts') ? './' : '../'
    const lines = targets.map((at) => `import '${up}${at.endsWith('.ts') ? at : `${at}/wall.ts`}'\n`)
    return [fileIn(from), `${lines.join('')}export const wall = 1\n`]
  }
  const wallsOnly = (findings: readonly Finding[]) =>
    findings.filter(({ rule }) => rule === 'eslint(no-restricted-imports)')
  let refused: readonly Finding[] = []
  let allowed: readonly Finding[] = []

  beforeAll(async () => {
    const forbidden = (from: string) => order.filter((at) => at !== from && !permitted(from).includes(at))
    ;[refused, allowed] = await Promise.all([
      lintTree(order.map((from) => importing(from, forbidden(from)))),
      lintTree(order.map((from) => importing(from, permitted(from)))),
    ])
  }, 60_000)

  test('the table and the linter know the same folders', () => {
    expect([...order].sort()).toEqual(layers.map(({ at }) => at).sort())
  })

  test.for(order)('%s', (from) => {
    const mustRefuse = order.filter((at) => at !== from && !permitted(from).includes(at))
    const messages = wallsOnly(refused).filter(({ file }) => file === fileIn(from))
    expect(messages.map(({ message }) => / import pdp\/(\S+)/.exec(message)?.[1] ?? '').sort()).toEqual(
      mustRefuse.sort(),
    )
    expect(wallsOnly(allowed).filter(({ file }) => file === fileIn(from))).toEqual([])
  })
})

describe('the tree', () => {
  test('every file of the server belongs to a folder of the table', () => {
    expect(sources.length).toBeGreaterThan(0)
    expect(sources.filter((path) => !rowOf(path))).toEqual([])
    expect(rowOf('pdp/misc/x.ts')).toBeUndefined()
  })

  test('no folder inside a folder has the name of one of the table', () => {
    const inner = sources.flatMap((path) =>
      path
        .split('/')
        .slice(2, -1)
        .map((name) => [path, name] as const),
    )
    expect(inner.filter(([, name]) => layers.some(({ at }) => at === name))).toEqual([])
  })

  test('no path goes through a wall in a form that the linter does not follow', () => {
    expect(problemsOf((text, path) => pathsThroughWalls(path, text), sources)).toEqual([])
    expect(pathsThroughWalls('pdp/jose/x.ts', "new URL('../policy/worker.ts', import.meta.url)")).toHaveLength(1)
    expect(pathsThroughWalls('pdp/jose/x.ts', "new URL('../core/worker.ts', import.meta.url)")).toEqual([])
    expect(pathsThroughWalls('pdp/jose/x.ts', "import '../../test/x.ts'")).toHaveLength(1)
  })

  test('no file is a drawer for everything', () => {
    const drawers = /(?:^|\/)(?:utils?|helpers?|common|misc|shared)(?:\.\w+)?(?:\/|$)/
    const own = projectFiles.filter((path) => /^(?:pdp|sdk|test|bench|scripts)\//.test(path))
    expect(own.filter((path) => drawers.test(path))).toEqual([])
    expect(['pdp/core/utils.ts', 'test/helpers/x.ts'].every((path) => drawers.test(path))).toBe(true)
  })

  test('the seams are types and nothing else', () => {
    expect(codeOf(read('pdp/seams.ts'))).toBe('')
    expect(codeOf('export interface A { a(): void }\nexport const one = 1 // a value')).not.toBe('')
  })

  test('a minted value is named in its own file and where it is made', () => {
    for (const { name, from, by } of mints) {
      const named = sources.filter((path) => read(path).includes(name)).map((path) => path.slice('pdp/'.length))
      const maker = (path: string) => (by.endsWith('*.ts') ? dirname(path) === dirname(by) : path === by)
      expect(named.filter((path) => path !== `core/${from}` && !maker(path))).toEqual([])
    }
  })

  test('nothing reads the clock in the files that may reckon with dates', () => {
    const files = sources.filter((path) =>
      calendars.some((glob) =>
        new RegExp(`^pdp/${glob.replaceAll('.', String.raw`\.`).replaceAll('*', '[^/]*')}$`).test(path),
      ),
    )
    expect(files.length).toBeGreaterThan(0)
    expect(problemsOf(readsClock, files)).toEqual([])
    expect(readsClock('new Date()')).toHaveLength(1)
    expect(readsClock('new Date(at)')).toEqual([])
  })

  test('no tracked file names what exists on one machine only', () => {
    const files = projectFiles.filter((path) => path !== 'package-lock.json' && !path.endsWith('.wasm'))
    expect(problemsOf(machineNames, files)).toEqual([])
    expect(machineNames(['see ', 'work', 'x'].join('/'))).toHaveLength(1)
    expect(machineNames('how it works/fails')).toEqual([])
  })
})

describe('the lock file', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string>; resolved?: string; link?: boolean }>
  }

  test('names the packages of every platform; if not, run scripts/complete-lock.mjs', () => {
    const optional = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies),
    )
    expect(optional.filter((name) => !packages[`node_modules/${name}`])).toEqual([])
  })

  test('takes packages from the public registry alone', () => {
    const from = Object.values(packages).flatMap(({ resolved, link }) => (resolved && !link ? [resolved] : []))
    expect(from.filter((url) => !url.startsWith(`https://registry.${'npmjs'}.org/`))).toEqual([])
  })
})

describe('clauses', () => {
  test('every list of clauses can be found', () => {
    expect(problemsOf(hiddenClauses, sources)).toEqual([])
    expect(hiddenClauses("const own = clauses({ a: 'a' })")).toHaveLength(1)
    expect(hiddenClauses('export const bindClauses = clauses({\n')).toEqual([])
  })

  test('an id stands in one list, once, and is made of a-z, 0-9, dot and dash', async () => {
    const files = sources.filter((path) => /^export const \w+Clauses\b/m.test(read(path)))
    const seen = new Map<string, string>()
    const problems: string[] = []
    for (const path of files) {
      const module = (await import(/* @vite-ignore */ join(root, path))) as Record<string, Record<string, string>>
      const lists = Object.keys(module).filter((name) => name.endsWith('Clauses'))
      for (const id of lists.flatMap((name) => Object.values(module[name] ?? {}))) {
        if (!/^[a-z0-9.-]+$/.test(id)) problems.push(`${path}: ${id} has another character`)
        if (seen.has(id)) problems.push(`${path}: ${id} stands in ${seen.get(id)} too`)
        seen.set(id, path)
      }
    }
    expect(problems).toEqual([])
    expect(seen.size).toBeGreaterThan(50)
  })
})

describe('codes', () => {
  const produced = (code: string) => {
    const quoted = new RegExp(`'${code}'`)
    return sources.some((path) => path !== 'pdp/core/codes.ts' && quoted.test(read(path)))
  }

  test('every code is produced', () => {
    expect(produced('NO_SUCH_CODE')).toBe(false)
    expect(Object.keys(codes).filter((code) => !produced(code))).toEqual([])
  })

  test('the page of codes is the table', async () => {
    await expect(codesPage()).toMatchFileSnapshot('../docs/reference/codes.md')
  })
})

describe('settings', () => {
  test('the page of configuration is the schema', async () => {
    await expect(configPage()).toMatchFileSnapshot('../docs/reference/configuration.md')
  })

  test('every section has an example', () => {
    expect(Object.keys(configExamples)).toEqual(Object.keys(configSchema.shape))
  })
})

test('the schema of the chart has that of the configuration', async () => {
  await expect(chartSchema()).toMatchFileSnapshot(`../${chartSchemaFile}`)
})

describe('lists of plug-ins', () => {
  test.for(listedFolders())('$list names every plug-in of its folder, and nothing else', ({ files, listed }) => {
    expect(files.length).toBeGreaterThan(0)
    expect(listed).toEqual(files)
  })

  test('the profiles are those that the configuration knows, each in the file of its name', () => {
    expect(profiles.map(({ name }) => name).sort()).toEqual([...profileNames].sort())
    const files = listedFolders().find(({ list }) => list === 'pdp/identity/profiles/list.ts')?.files
    expect(files).toEqual(profiles.map(({ name }) => `pdp/identity/profiles/${name}.ts`).sort())
  })
})

describe('documents', () => {
  const pages = projectFiles.filter((path) => path.endsWith('.md'))

  test('links lead to files and headings that exist', () => {
    expect(problemsOf(brokenLinks, pages)).toEqual([])
    expect(pages.flatMap((path) => linksOf(read(path))).length).toBeGreaterThan(100)
  })

  test.for([
    ['[a](docs/nowhere.md)', '[a](docs/audit.md)'],
    ['[a](docs/audit.md#nothing)', '[a](docs/audit.md#over-http)'],
    ['[a](#nothing)\n# Something\n', '[a](#something)\n# Something\n'],
    ['[a](#twice-2)\n# Twice\n# Twice\n', '[a](#twice-1)\n# Twice\n# Twice\n'],
    ['[a]\n\n[a]: docs/nowhere.md\n', '[a]\n\n[a]: docs/audit.md\n'],
    ['[a](docs/nowhere.md)', '```md\n[a](docs/nowhere.md)\n```\n`[a](docs/nowhere.md)` [b](https://x.example/y)'],
  ])('a broken link is found: %j', ([broken = '', sound = '']) => {
    expect(brokenLinks(sound, 'README.md')).toEqual([])
    expect(brokenLinks(broken, 'README.md')).toHaveLength(1)
  })

  test('ARCHITECTURE.md names files that exist', () => {
    const named = [...read('ARCHITECTURE.md').matchAll(/`((?:pdp|test|scripts|docs)\/[^`<]*)`/g)].map(
      ([, path = '']) => path,
    )
    expect(named.length).toBeGreaterThan(10)
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  test('ARCHITECTURE.md stays short', () => {
    expect(read('ARCHITECTURE.md').split('\n').length).toBeLessThan(280)
  })
})

/** What is left of a file when types and comments are taken away. */
function codeOf(text: string): string {
  return stripTypeScriptTypes(text)
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    .trim()
}
