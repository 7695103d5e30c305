import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../../scripts/setup.mjs', import.meta.url))
const sources = { 'rego/go.mod': 'module m\n', 'rego/main.go': 'package main\n' }
// Stands for Go: notes each build, takes a moment, and writes the file that -o names.
const go = (version = 'go1.26.1') => `#!/bin/sh
if [ "$1" = version ]; then echo "go version ${version} linux/amd64"; exit; fi
echo built >> ../log
sleep 0.3
if [ -e broken ]; then echo 'main.go:1:1: no' >&2; exit 1; fi
while [ "$1" != -o ]; do shift; done
cat *.go > "$2"
`
// Stands for npm: installs what the lock file says.
const npm = `#!/bin/sh
if [ "$1" = --version ]; then exit; fi
echo "npm $*" >> log
mkdir -p node_modules && cat package-lock.json > node_modules/.package-lock.json
`
const lockOf = (version: string) =>
  JSON.stringify({
    packages: { '': { name: 'p' }, 'node_modules/a': { version }, 'node_modules/b': { optional: true } },
  })

const folders: string[] = []
afterEach(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true }))))

interface Project {
  write(files: Readonly<Record<string, string>>): Promise<void>
  read(path: string): Promise<string>
  list(path: string): Promise<readonly string[]>
  /** Runs setup.mjs; the times that it prints are replaced by `N s`. */
  setup(): Promise<{ readonly code: number | string; readonly says: string }>
}

async function project(files: Readonly<Record<string, string>>): Promise<Project> {
  const root = await mkdtemp(join(tmpdir(), 'setup-'))
  folders.push(root)
  await cp(script, join(root, 'scripts', 'setup.mjs'))
  const made: Project = {
    async write(more) {
      for (const [path, text] of Object.entries(more)) {
        await mkdir(join(root, path, '..'), { recursive: true })
        await writeFile(join(root, path), text)
        if (path.startsWith('bin/')) await chmod(join(root, path), 0o755)
      }
    },
    read: (path) => readFile(join(root, path), 'utf8').catch(() => ''),
    list: (path) => readdir(join(root, path)),
    setup: () =>
      new Promise((resolve) => {
        // Tools come from the project's own bin; the shell's own commands by their usual place.
        const env = {
          PATH: files['bin/go'] || files['bin/npm'] ? `${join(root, 'bin')}:/usr/bin:/bin` : join(root, 'bin'),
        }
        execFile(process.execPath, [join(root, 'scripts', 'setup.mjs')], { env }, (error, stdout, stderr) => {
          resolve({
            code: error?.code ?? 0,
            says: (stdout + stderr).replaceAll(/\d+\.\d s/g, 'N s').replaceAll(root, ''),
          })
        })
      }),
  }
  await made.write(files)
  return made
}

const silent = { code: 0, says: '' }
const building = 'setup: building the Rego toolchain … '

describe('the toolchain', () => {
  test('is built once, and again when a source changed', async () => {
    const at = await project({ ...sources, 'bin/go': go() })
    expect(await at.setup()).toEqual({ code: 0, says: `${building}N s\n` })
    expect(await at.read('build/rego.wasm')).toBe('package main\n')
    expect(await at.setup()).toEqual(silent)
    await at.write({ 'rego/more.go': 'package more\n' })
    expect(await at.setup()).toEqual({ code: 0, says: `${building}N s\n` })
    expect(await at.read('log')).toBe('built\nbuilt\n')
    expect(await at.list('build')).toEqual(['.stamps', 'rego.wasm'])
    expect(await at.list('build/.stamps')).toEqual(['rego'])
  })

  test('is built by one of two runs at once', async () => {
    const at = await project({ ...sources, 'bin/go': go() })
    const runs = await Promise.all([at.setup(), at.setup(), at.setup()])
    expect(runs.map(({ says }) => says).sort()).toEqual(['', '', `${building}N s\n`])
    expect(await at.read('log')).toBe('built\n')
  })

  test('is built although a killed run left its lock and half a file', async () => {
    const left = { 'build/.stamps/setup.lock': '999999999', 'build/rego.wasm.1': 'half' }
    const at = await project({ ...sources, ...left, 'bin/go': go() })
    expect(await at.setup()).toMatchObject({ code: 0 })
    expect(await at.list('build')).toEqual(['.stamps', 'rego.wasm'])
  })

  test('stays as it was when a build fails, which says why', async () => {
    const at = await project({ ...sources, 'bin/go': go(), 'rego/broken': '', 'build/rego.wasm': 'old' })
    expect(await at.setup()).toEqual({
      code: 1,
      says: `${building}\nmain.go:1:1: no\nsetup: go build failed; the output above says why\n`,
    })
    expect(await at.read('build/rego.wasm')).toBe('old')
    expect(await at.list('build')).toEqual(['.stamps', 'rego.wasm'])
    expect(await at.list('build/.stamps')).toEqual([])
  })

  test('needs no Go where it came ready, without sources', async () => {
    const at = await project({ 'build/rego.wasm': 'shipped' })
    expect(await at.setup()).toEqual(silent)
  })

  test.for<readonly [string, Readonly<Record<string, string>>, string]>([
    ['Go is missing', sources, `setup: go 1.25 or newer is not installed; install it from https://go.dev/dl/\n`],
    [
      'Go is too old',
      { ...sources, 'bin/go': go('go1.24.13') },
      `setup: go 1.24.13 is too old, 1.25 or newer is needed; install it from https://go.dev/dl/\n`,
    ],
    [
      'there is nothing to build it from',
      {},
      'setup: build/rego.wasm is missing and there are no sources to build it from; install the package again\n',
    ],
  ])('is one line of advice when %s', async ([, files, says]) => {
    expect(await (await project(files)).setup()).toEqual({ code: 1, says })
  })
})

describe('the packages', () => {
  const ready = { 'build/rego.wasm': 'shipped', 'bin/npm': npm }

  test('are installed when they are missing or differ from the lock file, and not otherwise', async () => {
    const at = await project({ ...ready, 'package-lock.json': lockOf('1.0.0') })
    const installed = { code: 0, says: 'setup: installing packages … N s\n' }
    expect(await at.setup()).toEqual(installed)
    expect(await at.setup()).toEqual(silent)
    await at.write({ 'package-lock.json': lockOf('1.0.1') })
    expect(await at.setup()).toEqual(installed)
    expect(await at.read('log')).toBe('npm ci --no-audit --no-fund\n'.repeat(2))
  })

  test('may lack those of other platforms', async () => {
    const installed = JSON.stringify({ packages: { 'node_modules/a': { version: '1' } } })
    const files = { 'package-lock.json': lockOf('1'), 'node_modules/.package-lock.json': installed }
    expect(await (await project({ ...ready, ...files })).setup()).toEqual(silent)
  })

  test('are one line of advice when npm is missing', async () => {
    const at = await project({ 'build/rego.wasm': 'shipped', 'package-lock.json': lockOf('1') })
    expect(await at.setup()).toEqual({
      code: 1,
      says: 'setup: npm is not installed; install Node with npm from https://nodejs.org\n',
    })
  })
})
