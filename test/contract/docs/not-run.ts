interface NotRun {
  readonly page: string
  readonly begins: string
  /** Why not, with the test that does the like of it where there is one. */
  readonly because: string
}

/** Commands on pages that are not typed in: their syntax and their flags are checked, and here stands why that is all. */
export const notRun: readonly NotRun[] = [
  { page: 'docs/audit/query.md', begins: 'sallyport audit tail', because: 'goes on until it is stopped' },
  { page: 'docs/audit/query.md', begins: 'sallyport audit query https:', because: 'asks another host' },
  ...like('docs/audit/masking.md', 'test/contract/audit/disclose.test.ts', [
    'sallyport audit disclose',
    'sallyport audit check shown.json',
  ]),
  ...like('docs/audit/witnesses.md', 'test/contract/audit/witness.test.ts', [
    'sallyport audit verify',
    'sallyport audit prove',
    'sallyport audit check',
  ]),
  ...like('docs/operations.md', 'test/contract/cli/doctor.test.ts', ['sallyport doctor']),
  { page: 'docs/operations.md', begins: 'sallyport top', because: 'goes on until it is stopped' },
  { page: 'docs/operations.md', begins: 'sallyport healthcheck  ', because: 'asks the port of a configuration' },
  ...like('docs/policy-authors.md', 'test/contract/cli/explain.test.ts', ['sallyport check', 'sallyport explain']),
  ...like('docs/policy-authors.md', 'test/contract/cli/dev.test.ts', [
    'sallyport dev',
    'sallyport call',
    'sallyport run',
  ]),
  ...like('README.md', 'test/contract/cli/author-commands.test.ts', ['sallyport init']),
]

function like(page: string, because: string, beginnings: readonly string[]): readonly NotRun[] {
  return beginnings.map((begins) => ({ page, begins, because }))
}
