import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Fence, fencesOf } from '../../architecture/fences.ts'
import { projectFiles, read, root } from '../../architecture/project.ts'
import { handled, handledElsewhere } from './handled-elsewhere.ts'
import { ruleOf } from './snippet-rules.ts'

// Every block of code on every page is judged by a rule: run, compiled, parsed by the reader that users' files meet, or
// named with the test that holds it.

const pages = projectFiles.filter((path) => path.endsWith('.md'))
const fences = pages.flatMap((page) => fencesOf(page, read(page)))
const at = ({ page, line }: Fence) => `${page}:${line}`

test('there are blocks to judge', () => expect(fences.length).toBeGreaterThan(70))

test('every block has a rule; if not: say behind its language what a test does with it, or in handled-elsewhere.ts why none can', () => {
  expect(fences.filter((fence) => ruleOf(fence) === undefined).map(at)).toEqual([])
})

test('every block is what its rule says', () => {
  const problems = fences.flatMap((fence) =>
    (ruleOf(fence)?.problems?.(fence) ?? []).map((problem) => `${at(fence)}: ${problem}`),
  )
  expect(problems).toEqual([])
})

test('what is handled elsewhere is on its page, and so is the test', () => {
  const used = new Set(fences.map(handled))
  expect(handledElsewhere.filter((one) => !used.has(one))).toEqual([])
  const tests = handledElsewhere.flatMap(({ by }) => ('test' in by ? [by.test] : []))
  expect(tests.filter((path) => !existsSync(join(root, path)))).toEqual([])
})

describe('what is wrong is found', () => {
  const block = (language: string, text: string): Fence => ({ page: 'docs/x.md', line: 1, language, words: [], text })
  test.for([
    ['configuration', 'yaml', 'limits: { drain_ms: 5 }\n', 'limits: { drain: 5 }\n'],
    [
      'bundle definition',
      'yaml',
      'name: a\npolicies: [a]\nentrypoints: [a/b]\nroots: [a]\n',
      'name: a\nentrypoints: [a/b]\n',
    ],
    ['JSON', 'json', '{ "a": 1 }\n', '{ "a": 1, }\n'],
    [
      'shell',
      'sh',
      'sallyport audit verify state/audit --vkey log.vkey\n',
      'sallyport audit verify state/audit --vkeys log.vkey\n',
    ],
    ['shell', 'sh', 'sallyport config check && npm test\n', 'sallyport config chek && npm test\n'],
    ['shell', 'sh', 'key=$(sallyport pep add a) # --x\n', 'key=$(sallyport pep ad a) # --x\n'],
    ['shell', 'sh', 'npm run bench -- --json\n', 'npm run benchh -- --json\n'],
    ['shell', '', 'sallyport verify\n', 'sallyport verifi\n'],
    ['shell', 'sh', "echo 'a'\n", "echo 'a\n"],
  ] as const)('%s: %s', ([name, language, good, bad]) => {
    const [sound, broken] = [block(language, good), block(language, bad)]
    expect([ruleOf(sound)?.name, ruleOf(sound)?.problems?.(sound)]).toEqual([name, []])
    expect([ruleOf(broken)?.name, ruleOf(broken)?.problems?.(broken).length]).toEqual([name, 1])
  })

  test.for(['yaml', 'toml', 'text', ''])('a block of %j that nothing is known about has no rule', (language) => {
    expect(ruleOf(block(language, 'unheard: of\n'))).toBeUndefined()
  })
})
