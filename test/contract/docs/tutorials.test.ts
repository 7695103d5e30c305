import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPageSession, type PageSession, sessionFences, shows } from '../../support/page-session.ts'

// Pages that are followed from top to bottom, as their readers do.

const pages = [
  'docs/tutorials/resource-server.md',
  'docs/tutorials/policy-author.md',
  'docs/migrate-from-opa-envoy-plugin.md',
  'docs/migrate-from-opa-server.md',
]

describe.each(pages)('%s', { timeout: 240_000 }, (page) => {
  let session: PageSession
  beforeAll(async () => {
    session = await createPageSession()
  })
  afterAll(() => session.end())

  test('does what it says', async () => {
    const fences = sessionFences(page)
    expect(fences.length).toBeGreaterThan(5)
    for (const fence of fences) {
      await session.follow(fence).catch((error: unknown) => {
        throw new Error(`${page}:${fence.line}: ${String(error)}`)
      })
    }
  })
})

describe('what is not as a page says is found', () => {
  let session: PageSession
  beforeAll(async () => {
    session = await createPageSession()
  })
  afterAll(() => session.end())
  const block = (words: readonly string[], text: string) => ({ page: 'x.md', line: 1, language: 'sh', words, text })

  test('a command that fails, or does not', async () => {
    await session.follow(block(['run'], 'true\n'))
    await expect(session.follow(block(['run'], 'false\n'))).rejects.toThrow('ended with 1, not 0')
    await session.follow(block(['run', 'exits=1'], 'false\n'))
    await expect(session.follow(block(['run', 'exits=1'], 'true\n'))).rejects.toThrow('ended with 0, not 1')
  })

  test.for([
    ['one\ntwo\n', 'one\ntwo\n', true],
    ['one\n', 'one\ntwo\n', false],
    ['one\n…\n', 'one\ntwo\nthree\n', true],
    ['a … c\n', 'a b c\n', true],
    ['a … c\n', 'a b d\n', false],
    ['a.c\n', 'abc\n', false],
  ] as const)('%j of %j: %s', ([shown, printed, is]) => {
    expect(shows(shown, printed)).toBe(is)
  })
})
