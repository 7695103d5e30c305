import type { Fence } from '../../architecture/fences.ts'

interface Handled {
  readonly page: string
  /** How the block begins. */
  readonly begins: string
  /** The test that runs or compares it, or why nothing can. */
  readonly by: { readonly test: string } | { readonly because: string }
}

/** Blocks that no rule fits, each with the test that holds it, or with the reason for there being none. */
export const handledElsewhere: readonly Handled[] = [
  { page: 'README.md', begins: 'Sallyport, a demonstration', by: { test: 'test/contract/demo/start.test.ts' } },
  { page: 'README.md', begins: 'import { createAuthorizer }', by: { test: 'test/contract/sdk/documented.test.ts' } },
  { page: 'ARCHITECTURE.md', begins: 'async function gates', by: { because: 'a sketch of pdp/decide.ts, shortened' } },
  { page: 'docs/envoy.md', begins: 'envoy.yaml:71: ', by: { test: 'test/contract/cli/doctor.test.ts' } },
  {
    page: 'docs/identity/hmac-token.md',
    begins: '{ "alg": "HS256"',
    by: { because: 'the form of a token, with places to fill' },
  },
  {
    page: 'docs/testing.md',
    begins: "import assert from 'node:assert/strict'",
    by: { test: 'test/contract/testing/start-test-pdp.test.ts' },
  },
  {
    page: 'docs/audit/witnesses.md',
    begins: '# C2SP tlog-policy',
    by: { test: 'test/contract/audit/witness.test.ts' },
  },
]

/** What holds a block that no rule fits; undefined where nothing is said. */
export const handled = ({ page, text }: Fence): Handled | undefined =>
  handledElsewhere.find((one) => one.page === page && text.startsWith(one.begins))
