/**
 * One violation, planted. `bad` must be refused by `rule` with a message that has `says` in it; `good` stands at the same
 * path, differs in exactly the named defect and must pass, so that a rule which fires on everything is noticed.
 */
export interface Plant {
  readonly name: string
  readonly rule: string
  readonly says: string
  readonly path: string
  readonly bad: string
  readonly good: string
  /** Where the twin stands, if the defect is the path itself. */
  readonly goodPath?: string
}

const imports = 'eslint(no-restricted-imports)'
const globals = 'eslint(no-restricted-globals)'
const properties = 'eslint(no-restricted-properties)'

const wall = (name: string, path: string, bad: string, good: string, says: string): Plant => ({
  name,
  rule: imports,
  says,
  path,
  bad: `${bad}\n`,
  good: `${good}\n`,
})

const walls: readonly Plant[] = [
  wall(
    'an upward import',
    'pdp/jose/upward.ts',
    "export { verify } from '../identity/verify.ts'",
    "export { ok } from '../core/result.ts'",
    'pdp/jose must not import pdp/identity',
  ),
  wall(
    'an upward import of a type',
    'pdp/core/upward-type.ts',
    "import type { Policy } from '../seams.ts'\nexport type P = Policy",
    "import type { Result } from './result.ts'\nexport type P = Result<number>",
    'pdp/core must not import pdp/seams.ts',
  ),
  wall(
    'an upward import at run time',
    'pdp/identity/upward-dynamic.ts',
    "export const load = async () => {\n  await import('../policy/x.ts')\n}",
    "export const load = async () => {\n  await import('../core/x.ts')\n}",
    'pdp/identity must not import pdp/policy',
  ),
  wall(
    'an upward import by a detour',
    'pdp/identity/proofs/detour.ts',
    "export { x } from '../../jose/../policy/x.ts'",
    "export { x } from '../../jose/x.ts'",
    'pdp/identity must not import pdp/policy',
  ),
  wall(
    'an import of a sibling',
    'pdp/first-use/sibling.ts',
    "export { x } from '../revocation/x.ts'",
    "export { x } from '../net/x.ts'",
    'pdp/first-use must not import pdp/revocation',
  ),
  wall(
    'decide importing a concrete part',
    'pdp/decide.ts',
    "export { verify } from './identity/verify.ts'",
    "export type { PolicySet } from './seams.ts'",
    'pdp/decide.ts must not import pdp/identity',
  ),
  wall(
    'the server importing from tests',
    'pdp/policy/from-test.ts',
    "export { x } from '../../test/support/x.ts'",
    "export { x } from './support.ts'",
    'what lies beside it',
  ),
  wall(
    'a library in the wrong folder',
    'pdp/identity/wrong-library.ts',
    "export { z } from 'zod'",
    "export { sha256 } from '../core/digest.ts'",
    'must not import this library',
  ),
  wall(
    'a library by a subpath',
    'pdp/jose/library-subpath.ts',
    "export { z } from 'zod/mini'",
    "export { x } from './zod/mini.ts'",
    'must not import this library',
  ),
  wall(
    'a library in core',
    'pdp/core/library.ts',
    "export { parse } from 'yaml'",
    "export { parse } from './yaml.ts'",
    'must not import this library',
  ),
  wall(
    'a library in a second folder',
    'pdp/audit/second-folder.ts',
    "export { extract } from 'tar-stream'",
    "export { z } from 'zod'",
    'must not import this library',
  ),
  wall(
    'a library of one file in another',
    'pdp/net/fetch.ts',
    "export { Redis } from 'ioredis'",
    "export { x } from './redis.ts'",
    'must not import this library',
  ),
  wall(
    'a library that no row names',
    'pdp/compose/no-row.ts',
    "export { test } from 'vitest'",
    "export { join } from 'node:path'",
    'must not import this library',
  ),
  wall(
    'a caller minted outside its maker',
    'pdp/identity/join.ts',
    "export { mintCaller as make } from '../core/caller.ts'",
    "export { isCaller as make } from '../core/caller.ts'",
    'mintCaller is imported by pdp/identity/verify.ts alone',
  ),
  wall(
    'an evaluated answer minted outside its maker',
    'pdp/cache/cached.ts',
    "import { mintEvaluated } from '../core/evaluated.ts'\nexport const make = mintEvaluated",
    "import { isEvaluated } from '../core/evaluated.ts'\nexport const make = isEvaluated",
    'mintEvaluated is imported by pdp/policy/read-result.ts alone',
  ),
  wall(
    'a receipt minted outside its maker',
    'pdp/compose/receipt.ts',
    "import { mintWritten } from '../core/written.ts'\nexport const make = mintWritten",
    "import { isWritten } from '../core/written.ts'\nexport const make = isWritten",
    'mintWritten is imported by pdp/audit/*.ts alone',
  ),
  wall(
    'a receipt minted in a sink',
    'pdp/audit/sinks/receipt.ts',
    "import { mintWritten } from '../../core/written.ts'\nexport const make = mintWritten",
    "import { isWritten } from '../../core/written.ts'\nexport const make = isWritten",
    'mintWritten is imported by pdp/audit/*.ts alone',
  ),
  wall(
    'a mint under another name',
    'pdp/identity/namespace.ts',
    "import * as caller from '../core/caller.ts'\nexport const make = caller",
    "import { isCaller } from '../core/caller.ts'\nexport const make = isCaller",
    'mintCaller is imported by pdp/identity/verify.ts alone',
  ),
  wall(
    'a mint of one’s own',
    'pdp/policy/own-mint.ts',
    "export { createMint } from '../core/mint.ts'",
    "export { isEvaluated } from '../core/evaluated.ts'",
    'only core declares minted values',
  ),
  wall(
    'input and output in core',
    'pdp/core/reads-file.ts',
    "export { readFileSync } from 'node:fs'",
    "export { hash } from 'node:crypto'",
    'pdp/core does no I/O',
  ),
  wall(
    'files read by the identity side',
    'pdp/identity/reads-file.ts',
    "export { readFile } from 'node:fs/promises'",
    "export { verify } from 'node:crypto'",
    'pdp/identity reads no files',
  ),
  wall(
    'a socket outside net and the doors',
    'pdp/trust/own-socket.ts',
    "export { request } from 'node:https'",
    "export { readFileSync } from 'node:fs'",
    'the network belongs to net/ and the doors',
  ),
  wall(
    'a socket beside what only judges addresses',
    'pdp/config/own-socket.ts',
    "export { connect } from 'node:net'",
    "export { isIP } from 'node:net'",
    'the network belongs to net/ and the doors',
  ),
  wall(
    'randomness that is not a parameter',
    'pdp/identity/own-random.ts',
    "export { randomUUID } from 'node:crypto'",
    "export { timingSafeEqual } from 'node:crypto'",
    'randomness is a parameter',
  ),
  wall(
    'the environment by import',
    'pdp/audit/imports-env.ts',
    "export { env } from 'node:process'",
    "export { join } from 'node:path'",
    'the environment belongs to config/',
  ),
  wall(
    'the SDK importing the server',
    'sdk/shared-code.ts',
    "export { codes } from '../pdp/core/codes.ts'",
    "export { codes } from './codes.ts'",
    'the SDK shares no code with the server',
  ),
  wall(
    'a dependency of the SDK',
    'sdk/dependency.ts',
    "export { z } from 'zod'",
    "export { z } from './z.ts'",
    'the SDK has no dependencies',
  ),
]

const work = 'const work = async (): Promise<number> => Promise.resolve(1)\n'

const rules: readonly Plant[] = [
  {
    name: 'a floating promise',
    rule: 'typescript(no-floating-promises)',
    says: 'Promises must be awaited',
    path: 'pdp/audit/floating.ts',
    bad: `${work}export function run(): void {\n  work()\n}\n`,
    good: `${work}export async function run(): Promise<void> {\n  await work()\n}\n`,
  },
  {
    name: 'a promise where a condition is meant',
    rule: 'typescript(no-misused-promises)',
    says: 'Expected non-Promise value',
    path: 'pdp/identity/misused.ts',
    bad: 'const check = async (): Promise<boolean> => Promise.resolve(false)\nexport const allow = async () => (check() ? 1 : 0)\n',
    good: 'const check = async (): Promise<boolean> => Promise.resolve(false)\nexport const allow = async () => ((await check()) ? 1 : 0)\n',
  },
  {
    name: 'return without await inside try',
    rule: 'typescript(return-await)',
    says: 'await',
    path: 'pdp/policy/return-await.ts',
    bad: `${work}export async function run() {\n  try {\n    return work()\n  } catch {\n    return 0\n  }\n}\n`,
    good: `${work}export async function run() {\n  try {\n    return await work()\n  } catch {\n    return 0\n  }\n}\n`,
  },
  {
    name: 'a switch that forgets a kind',
    rule: 'typescript(switch-exhaustiveness-check)',
    says: 'not exhaustive',
    path: 'pdp/identity/forgets-kind.ts',
    bad: "export function size(kind: 'a' | 'b'): number {\n  let n = 0\n  switch (kind) {\n    case 'a':\n      n = 1\n      break\n  }\n  return n\n}\n",
    good: "export function size(kind: 'a' | 'b'): number {\n  let n = 0\n  switch (kind) {\n    case 'a':\n      n = 1\n      break\n    case 'b':\n      n = 2\n      break\n  }\n  return n\n}\n",
  },
  {
    name: 'any',
    rule: 'typescript(no-explicit-any)',
    says: 'any',
    path: 'pdp/policy/any.ts',
    bad: 'export const text = (value: any): string => String(value)\n',
    good: 'export const text = (value: unknown): string => String(value)\n',
  },
  {
    name: 'any that came by itself',
    rule: 'typescript(no-unsafe-member-access)',
    says: 'any',
    path: 'pdp/policy/silent-any.ts',
    bad: 'const { a } = { a: JSON.parse("{}") }\nexport const text = String(a.b)\n',
    good: 'const { a } = { a: JSON.parse("{}") as { b: number } }\nexport const text = String(a.b)\n',
  },
  {
    name: 'a value import of a type',
    rule: 'typescript(consistent-type-imports)',
    says: 'types',
    path: 'pdp/policy/type-import.ts',
    bad: "import { Result } from '../core/result.ts'\nexport type R = Result\n",
    good: "import type { Result } from '../core/result.ts'\nexport type R = Result\n",
  },
  {
    name: 'a non-null assertion',
    rule: 'typescript(no-non-null-assertion)',
    says: 'non-null',
    path: 'pdp/policy/non-null.ts',
    bad: 'export const first = (list: readonly string[]): string => list[0]!\n',
    good: "export const first = (list: readonly string[]): string => list[0] ?? ''\n",
  },
  {
    name: 'a thrown value that is no error',
    rule: 'typescript(only-throw-error)',
    says: 'error object',
    path: 'pdp/policy/throws-text.ts',
    bad: "export const stop = (): never => {\n  throw 'no'\n}\n",
    good: "export const stop = (): never => {\n  throw new Error('no')\n}\n",
  },
  {
    name: 'a default export',
    rule: 'import(no-default-export)',
    says: 'default export',
    path: 'pdp/policy/default-export.ts',
    bad: 'export default 1\n',
    good: 'export const one = 1\n',
  },
  {
    name: 'a cycle',
    rule: 'import(no-cycle)',
    says: 'cycle',
    path: 'pdp/policy/cycle.ts',
    bad: "import { two } from './cycle-other.ts'\nexport const one = () => two\n",
    good: 'export const one = () => 2\n',
  },
  {
    name: 'the clock',
    rule: globals,
    says: "Unexpected use of 'Date'",
    path: 'pdp/core/clock.ts',
    bad: 'export const now = () => Date.now()\n',
    good: 'export const now = (at: number) => at\n',
  },
  {
    name: 'the clock by its constructor',
    rule: globals,
    says: "Unexpected use of 'Date'",
    path: 'pdp/cache/clock.ts',
    bad: 'export const now = () => new Date()\n',
    good: 'export const now = (at: number) => at\n',
  },
  {
    name: 'the clock by the global object',
    rule: globals,
    says: "Unexpected use of 'Date'",
    path: 'pdp/trust/clock.ts',
    bad: 'export const now = () => new globalThis.Date(0)\n',
    good: 'export const now = () => new globalThis.Map()\n',
  },
  {
    name: 'the clock in the file that formats instants',
    rule: properties,
    says: 'Date.now',
    path: 'pdp/core/time.ts',
    bad: 'export const now = () => Date.now()\n',
    good: 'export const text = (at: number) => new Date(at).toISOString()\n',
  },
  {
    name: 'chance',
    rule: properties,
    says: 'Math.random',
    path: 'pdp/policy/chance.ts',
    bad: 'export const roll = () => Math.random()\n',
    good: 'export const roll = (random: () => number) => random()\n',
  },
  {
    name: 'chance by the global crypto object',
    rule: globals,
    says: "Unexpected use of 'crypto'",
    path: 'pdp/first-use/chance.ts',
    bad: 'export const id = () => crypto.randomUUID()\n',
    good: 'export const id = (random: () => string) => random()\n',
  },
  {
    name: 'an unguarded outbound call',
    rule: globals,
    says: "Unexpected use of 'fetch'",
    path: 'pdp/trust/own-fetch.ts',
    bad: "export const get = async () => fetch('https://x.example')\n",
    good: "export const get = async (fetch: (url: string) => Promise<string>) => fetch('https://x.example')\n",
  },
  {
    name: 'the environment outside config',
    rule: 'node(no-process-env)',
    says: 'process.env',
    path: 'pdp/net/environment.ts',
    bad: "export const proxy = process.env['PROXY']\n",
    good: 'export const proxy = (value: string) => value\n',
  },
  {
    name: 'console output',
    rule: 'eslint(no-console)',
    says: 'console',
    path: 'pdp/identity/prints.ts',
    bad: "export const say = () => console.log('x')\n",
    good: "export const say = (log: (text: string) => void) => log('x')\n",
  },
  {
    name: 'a file that is too long',
    rule: 'eslint(max-lines)',
    says: '301',
    path: 'pdp/policy/long.ts',
    bad: 'export const one = 1\n' + '// a line\n'.repeat(300),
    good: 'export const one = 1\n' + '// a line\n'.repeat(299),
  },
  {
    name: 'a wrong file name',
    rule: 'unicorn(filename-case)',
    says: 'kebab',
    path: 'pdp/policy/readBundle.ts',
    goodPath: 'pdp/policy/read-bundle.ts',
    bad: 'export const one = 1\n',
    good: 'export const one = 1\n',
  },
  {
    name: 'a function with too many branches',
    rule: 'eslint(complexity)',
    says: 'complexity',
    path: 'pdp/policy/branches.ts',
    bad: branches(20),
    good: branches(19),
  },
  {
    name: 'a mocked module',
    rule: 'vitest(no-restricted-vi-methods)',
    says: 'a double at a seam',
    path: 'test/unit/mocks.test.ts',
    bad: "import { vi } from 'vitest'\nvi.mock('../../pdp/decide.ts')\n",
    good: "import { vi } from 'vitest'\nvi.useFakeTimers()\n",
  },
  {
    name: 'a rule turned off without need',
    rule: '',
    says: 'Unused oxlint-disable directive',
    path: 'pdp/policy/unused-disable.ts',
    bad: '// oxlint-disable-next-line no-console\nexport const one = 1\n',
    good: 'export const one = 1\n',
  },
]

function branches(count: number): string {
  const lines = Array.from({ length: count }, (_, i) => `  if (n === ${i}) return ${i}\n`)
  return `export function pick(n: number): number {\n${lines.join('')}  return -1\n}\n`
}

export const plants: readonly Plant[] = [...walls, ...rules]

/** Stand in both trees: what the planted files lead to. */
export const surroundings: readonly (readonly [string, string])[] = [
  ['pdp/policy/cycle-other.ts', "import { one } from './cycle.ts'\nexport const two = () => one\n"],
  // each right that a row or a file has, used where it may be
  ['pdp/identity/verify.ts', "export { mintCaller } from '../core/caller.ts'\n"],
  ['pdp/policy/read-result.ts', "export { mintEvaluated } from '../core/evaluated.ts'\n"],
  ['pdp/audit/write.ts', "export { mintWritten } from '../core/written.ts'\n"],
  ['pdp/net/redis.ts', "export { Redis } from 'ioredis'\nexport { connect } from 'node:net'\n"],
  ['pdp/config/read-config.ts', "export { parse } from 'yaml'\nexport const home = process.env['HOME']\n"],
  ['pdp/process/clock.ts', 'export const now = () => Date.now()\nexport const chance = () => Math.random()\n'],
  ['pdp/cli/print.ts', "export const say = () => console.log('x')\n"],
]
