import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { projectFiles, read, root } from '../../architecture/project.ts'

// Every row of the mapping names tests by their words, and the words are there.

const page = 'docs/compliance.md'
const rows = read(page)
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (?:item|tenet|what it asks for) \|/.test(line))

/** What is wrong with the links of a row's last cell. */
function problemsOf(row: string): readonly string[] {
  const links = [...(row.split(' | ').at(-1) ?? '').matchAll(/\[((?:[^[\]]|\[[^\]]*\])+)\]\(([^)]+)\)/g)]
  if (links.length === 0) return ['names no test']
  return links.flatMap(([, words = '', target = '']) => {
    const path = normalize(join('docs', target))
    if (!/^(?:test\/.*\.ts|policies\/.*_test\.rego)$/.test(path)) return [`${target} is no test`]
    if (!existsSync(join(root, path))) return [`${target} is not there`]
    return read(path).includes(words) ? [] : [`${target} does not say: ${words}`]
  })
}

test('the ten items and the seven tenets are there, each once', () => {
  const firsts = rows.map((row) => row.split(' | ')[0]?.slice(2) ?? '')
  const items = firsts.flatMap((cell) => /^NHI(\d+):2025 /.exec(cell)?.[1] ?? [])
  const tenets = firsts.flatMap((cell) => /^(\d)\. /.exec(cell)?.[1] ?? [])
  expect(items.map(Number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(tenets.map(Number)).toEqual([1, 2, 3, 4, 5, 6, 7])
})

test('every row says what it does not do, and names tests that are there', () => {
  expect(rows.flatMap((row) => problemsOf(row).map((problem) => `${row.slice(0, 40)}: ${problem}`))).toEqual([])
  expect(rows.filter((row) => row.split(' | ').length !== 4 || /\| *\|/.test(row))).toEqual([])
})

test('a test that is not there, or says something else, is found', () => {
  const own = '../test/contract/docs/links-of-pages.test.ts'
  expect(problemsOf(`| a | b | c | [names no test](${own}) |`)).toEqual([])
  expect(problemsOf(`| a | b | c | [nowhere${' '}said](${own}) |`)).toHaveLength(1)
  expect(problemsOf('| a | b | c | [x](../test/nowhere.test.ts) |')).toHaveLength(1)
  expect(problemsOf('| a | b | c | [Sallyport](../README.md) |')).toHaveLength(1)
  expect(problemsOf('| a | b | c | d |')).toHaveLength(1)
})

const pages = projectFiles.filter((path) => /^(?:docs\/.*|README|SECURITY)\.md$/.test(path))

test.for(pages)('%s: words of links to tests stand in them', (path) => {
  const links = [...read(path).matchAll(/\[((?:[^[\]]|\[[^\]]*\])+)\]\(([^)#]+\.test\.ts)\)/g)]
  const wrong = links.filter(([, words = '', target = '']) => {
    const named = target.endsWith(`/${words.replaceAll('`', '')}`)
    return !named && !read(normalize(join(dirname(path), target))).includes(words)
  })
  expect(wrong.map(([link]) => link)).toEqual([])
})

test('the entrance leads to every page', () => {
  const entrances = ['docs/README.md', 'docs/identity/README.md']
  const led = entrances.flatMap((path) =>
    [...read(path).matchAll(/\]\(([^)#]+)/g)].map(([, target = '']) => normalize(join(dirname(path), target))),
  )
  expect(pages.filter((path) => path.startsWith('docs/') && path !== 'docs/README.md' && !led.includes(path))).toEqual(
    [],
  )
})
