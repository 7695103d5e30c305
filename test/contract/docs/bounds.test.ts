import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectFiles, read, root } from '../../architecture/project.ts'

// Every stated bound names its test, and what is named is there.

const own = 'test/contract/docs/bounds.test.ts'
const tests = projectFiles.filter((path) => path.startsWith('test/') && path.endsWith('.ts') && path !== own).map(read)

/** The last cells of the tables below a heading, each with the whole row. */
function lastCells(page: string, heading: string): readonly string[] {
  const section = read(page).split(`\n${heading}\n`)[1]?.split(/\n## /)[0] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| '))
  return rows.slice(1).map((row) => row.split(' | ').at(-1)?.replace(/ \|$/, '') ?? '')
}

test('README: the words of each link stand in the test that it leads to', () => {
  const cells = lastCells('README.md', '## A fleet')
  expect(cells.length).toBeGreaterThan(4)
  for (const cell of cells) {
    const links = [...cell.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)]
    expect(links.length, cell).toBeGreaterThan(0)
    for (const [, words = '', path = ''] of links) expect(read(path), path).toContain(words)
  }
})

test('docs/fleet.md: each bound names tests by their names', () => {
  const cells = lastCells('docs/fleet.md', '## Bounds')
  expect(cells.length).toBeGreaterThan(6)
  for (const cell of cells) {
    const names = [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
    expect(names.length, cell).toBeGreaterThan(0)
    for (const name of names) expect(tests.filter((text) => text.includes(name)).length, name).toBeGreaterThan(0)
  }
})

test('pages of the fleet: every test that they name by its file is there', () => {
  const named = ['docs/fleet.md', 'docs/revocation.md', 'docs/limits.md'].flatMap((page) => [
    ...read(page).matchAll(/`(test\/[\w./-]+\.ts)`/g),
  ])
  expect(named.length).toBeGreaterThan(15)
  for (const [, path = ''] of named) expect(existsSync(join(root, path)), path).toBe(true)
})
