import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { codes } from '../../../pdp/core/codes.ts'
import { read, root, sources } from '../../architecture/project.ts'
import { statedLevels } from './identity-table.ts'

// One page for every verifier, profile and proof, and on it what its readers need.

const named = (folder: string, is: (text: string) => boolean) =>
  sources
    .filter((path) => path.startsWith(`pdp/identity/${folder}/`) && is(read(path)))
    .map((path) => basename(path, '.ts'))

const verifiers = named('verifiers', () => true)
const profiles = named('profiles', (text) => /: Profile = /.test(text))
const proofs = named('proofs', (text) => /\): Proof \{/.test(text))

/** The page of each that has not one of its own name. */
const pageOf = (name: string): string => {
  if (['wit-svid', 'wpt'].includes(name)) return 'wimse'
  if (['access-token', 'oidc'].includes(name)) return 'issuer-jwt'
  return profiles.includes(name) ? 'platforms' : name
}

const pages = [...new Set([...verifiers, ...profiles, ...proofs].map(pageOf))].sort()
const page = (name: string) => read(`docs/identity/${name}.md`)
const overview = read('docs/identity/README.md')

test('there are some of each', () => {
  expect([verifiers.length > 12, profiles.length > 7, proofs.length > 3]).toEqual([true, true, true])
})

test('every verifier, profile and proof has a page, which the table of kinds leads to', () => {
  expect(pages.filter((name) => !existsSync(join(root, `docs/identity/${name}.md`)))).toEqual([])
  expect(pages.filter((name) => !statedLevels.has(name))).toEqual([])
  expect([...statedLevels.keys()].filter((name) => ![...pages, 'forwarded-certificates'].includes(name))).toEqual([])
})

test.for(pages)(
  '%s.md says what it proves, against what and against what not, its level, its configuration, its codes',
  (name) => {
    const text = page(name)
    expect(text).toMatch(/\bproves?\b/i)
    expect(text).toMatch(/threat|against what/i)
    expect(text).toMatch(/level(?:\s+of\s+assurance)?\**\s+\**(?:is\s+|\**)?[0-4]|level\s+of\s+assurance\s+is\s+[0-4]/i)
    expect(text).toContain('```yaml\n')
    expect(refusedAs(name).length).toBeGreaterThan(0)
  },
)

/** The codes that a page ends with. */
const refusedAs = (name: string): readonly string[] =>
  [...(/^\*\*Refused as\*\* .*/m.exec(page(name))?.[0] ?? '').matchAll(/\[([A-Z_]+)\]/g)].map(([, code = '']) => code)

const common = [...(overview.split('## What every kind')[1] ?? '').matchAll(/\b[A-Z_]{5,}\b/g)].map(([code]) => code)

describe('codes', () => {
  test('those of every kind are codes', () => {
    expect(common.filter((code) => !Object.hasOwn(codes, code))).toEqual([])
  })

  const tested = pages.filter((name) => existsSync(join(root, `test/unit/identity/${name}.test.ts`)))
  test('most pages have tests of their own name', () => expect(tested.length).toBeGreaterThan(10))

  test.for(tested)('%s.md names every code that its tests see, and no other', (name) => {
    const text = read(`test/unit/identity/${name}.test.ts`)
    const seen = Object.keys(codes).filter(
      (code) => text.includes(`'${code}'`) && !['ALLOWED', 'POLICY_DENIED'].includes(code),
    )
    const said = refusedAs(name)
    expect(said.filter((code) => !seen.includes(code))).toEqual([])
    expect(seen.filter((code) => !said.includes(code) && !common.includes(code))).toEqual([])
  })
})
