import { expect, test } from 'vitest'
import { readKeyDigests } from '../../../pdp/config/read-key-digests.ts'

const digest = (digit: string) => `sha256:${digit.repeat(64)}`

test.for([
  ['one', `${digest('a')}\n`, ['a'.repeat(64)]],
  ['two, with a comment', `# rotated\n${digest('a')}\n\n  ${digest('b')}\n`, ['a'.repeat(64), 'b'.repeat(64)]],
] as const)('%s is read', ([, text, digests]) => {
  expect(readKeyDigests(text)).toEqual({ ok: true, digests })
})

test.for([
  ['a key', 'sp_pep_secret'],
  ['a digest and a key', `${digest('a')}\nsp_pep_secret\n`],
  ['upper case', digest('A')],
  ['a short digest', 'sha256:secret'],
  ['another hash', `sha512:${'a'.repeat(64)}`],
  ['nothing', '\n# comment\n'],
  ['very many', Array.from({ length: 9 }, () => digest('a')).join('\n')],
] as const)('%s is refused, and not repeated', ([, text]) => {
  expect(readKeyDigests(digest('a')).ok).toBe(true)
  const refused = readKeyDigests(text)
  expect(refused.ok).toBe(false)
  expect(JSON.stringify(refused)).not.toContain('secret')
})
