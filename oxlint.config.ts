import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { defineConfig, type OxlintOverride } from 'oxlint'

// The walls between the folders of pdp/. ARCHITECTURE.md explains the table; test/architecture.test.ts plants a
// violation of each rule and sees it refused.

/**
 * One row of the table: a folder of pdp/, or a file of it where the name ends in `.ts`.
 *
 * - `may`: what it may import besides itself. The outside libraries it may import are `packages`.
 * - `pure`: values in, values out: no file system.
 * - `network`, `random`, `clock`, `console`, `environment`: the ambient thing it may reach for by itself.
 */
interface Layer {
  readonly at: string
  readonly may: readonly string[]
  readonly packages?: readonly string[]
  readonly pure?: true
  readonly network?: true
  readonly random?: true
  readonly clock?: true
  readonly console?: true
  readonly environment?: true
}

type Rules = NonNullable<OxlintOverride['rules']>
type RuleOf<Name extends keyof Rules> = NonNullable<Rules[Name]>

const shared = ['core', 'seams.ts']
const whole = { network: true, random: true, clock: true, console: true, environment: true } as const

const below: readonly Layer[] = [
  { at: 'config', may: ['core'], packages: ['zod', 'yaml'], environment: true },
  {
    at: 'doors',
    may: ['decide.ts', ...shared],
    packages: ['zod', 'express', '@grpc/grpc-js', '@grpc/proto-loader'],
    pure: true,
    network: true,
  },
  { at: 'admin', may: ['core'], network: true, random: true },
  { at: 'decide.ts', may: shared, pure: true },
  { at: 'seams.ts', may: ['core'], pure: true },
  { at: 'identity', may: ['jose', 'x509', ...shared], pure: true },
  { at: 'jose', may: ['core'], pure: true },
  { at: 'x509', may: ['core'], pure: true },
  { at: 'trust', may: ['net', 'jose', 'x509', ...shared] },
  { at: 'keys', may: ['net', 'jose', 'x509', ...shared], random: true },
  { at: 'first-use', may: ['net', ...shared] },
  { at: 'revocation', may: ['net', ...shared] },
  { at: 'cache', may: ['net', ...shared] },
  { at: 'policy', may: ['net', 'jose', 'x509', ...shared], packages: ['zod', 'yaml', 'tar-stream', 're2js'] },
  { at: 'audit', may: ['net', ...shared], packages: ['zod'] },
  { at: 'net', may: ['core'], network: true, random: true },
  {
    at: 'telemetry',
    may: ['core'],
    packages: [
      'pino',
      'prom-client',
      '@opentelemetry/api',
      '@opentelemetry/sdk-trace',
      '@opentelemetry/exporter-trace-otlp-proto',
      '@opentelemetry/resources',
    ],
    network: true,
  },
  { at: 'rego', may: ['core'], random: true },
  { at: 'core', may: [], pure: true },
]

const names = (rows: readonly Layer[]) => rows.map(({ at }) => at)

/** What other programs have of this one. */
const forOthers = ['testing', 'embed', 'index.ts']

/** The table. A file under pdp/ that belongs to no row fails the architecture test. */
export const layers: readonly Layer[] = [
  { at: 'main.ts', may: ['process', 'cli', ...forOthers, 'compose', ...names(below)], ...whole },
  { at: 'process', may: ['cli', ...forOthers, 'compose', ...names(below)], ...whole },
  { at: 'cli', may: ['process', ...forOthers, 'compose', ...names(below)], packages: ['commander'], ...whole },
  { at: 'testing', may: ['process', 'cli', 'embed', 'index.ts', 'compose', ...names(below)], ...whole },
  { at: 'embed', may: ['process', 'compose', 'config', 'doors', 'core'] },
  { at: 'index.ts', may: ['embed', 'process', 'compose', 'config', 'doors'] },
  { at: 'compose', may: names(below), random: true },
  ...below,
]

/** Where a minted value may be made: the name, the file of core/ that has it, and the only files that may import it. */
export const mints = [
  { name: 'mintCaller', from: 'caller.ts', by: 'identity/verify.ts' },
  { name: 'mintEvaluated', from: 'evaluated.ts', by: 'policy/read-result.ts' },
  { name: 'mintWritten', from: 'written.ts', by: 'audit/*.ts' },
] as const

/** Libraries that one file imports, not a whole folder. */
const packagesOfFile = [{ at: 'net/redis.ts', packages: ['ioredis'] }] as const

const networkModules = ['http', 'https', 'http2', 'tls', 'dns', 'dns/promises', 'dgram', 'undici']
const addressNames = ['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'SocketAddress'] // of node:net, and no sockets
const fileModules = ['fs', 'fs/promises']
const socketsElsewhere = 'the network belongs to net/ and the doors'
const randomNames = ['randomBytes', 'randomFill', 'randomFillSync', 'randomInt', 'randomUUID', 'getRandomValues']

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as Manifest
// every library the project knows, so that one without a row is refused in every folder
const rowed = [...layers, ...packagesOfFile].flatMap((row) => ('packages' in row && row.packages) || [])
const installed = [...new Set([...rowed, ...Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })])]

const escape = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)
const either = (texts: readonly string[]) => `(?:${texts.map(escape).join('|')})`

/** A specifier that leads to the row: `../policy/x.ts`, `./policy/x.ts`, `../decide.ts`. */
const pathTo = (at: string) => (at.endsWith('.ts') ? `(?:^|/)${escape(at)}$` : `(?:^|/)${escape(at)}/`)

const modules = (list: readonly string[], message: string) => ({ regex: `^(?:node:)?${either(list)}$`, message })

/** What a file of this row must not import; `file` is the one file that is meant, where it has rights of its own. */
function restrictedImports(layer: Layer, file?: string): RuleOf<'no-restricted-imports'> {
  const foreign = layers.filter(({ at }) => at !== layer.at && !layer.may.includes(at))
  const ownPackages: readonly string[] = [
    ...(layer.packages ?? []),
    ...packagesOfFile.filter(({ at }) => at === file).flatMap(({ packages }) => packages),
  ]
  const packages = installed.filter((name) => !ownPackages.includes(name))
  const patterns = [
    ...foreign.map(({ at }) => ({ regex: pathTo(at), message: `pdp/${layer.at} must not import pdp/${at}` })),
    { regex: '(?:^|/)(?:sdk|test|bench|scripts|build)/', message: 'pdp must not import what lies beside it' },
    { regex: `^${either(packages)}(?:/|$)`, message: `pdp/${layer.at} must not import this library` },
    ...mints
      .filter(({ by }) => by !== file)
      .map(({ name, from, by }) => ({
        regex: `(?:^|/)${escape(from)}$`,
        importNames: [name],
        message: `${name} is imported by pdp/${by} alone`,
      })),
    ...(layer.at === 'core'
      ? [
          modules(
            builtinModules.filter((name) => name !== 'crypto'),
            'pdp/core does no I/O',
          ),
        ]
      : [{ regex: '(?:^|/)mint\\.ts$', message: 'only core declares minted values' }]),
    ...(layer.pure ? [modules(fileModules, `pdp/${layer.at} reads no files`)] : []),
    ...(layer.network
      ? []
      : [
          modules(networkModules, socketsElsewhere),
          { regex: '^(?:node:)?net$', allowImportNames: addressNames, message: socketsElsewhere },
        ]),
    ...(layer.environment ? [] : [modules(['process'], 'the environment belongs to config/')]),
    ...(layer.random
      ? []
      : [{ regex: '^(?:node:)?crypto$', importNames: randomNames, message: 'randomness is a parameter' }]),
  ]
  return ['error', { patterns }]
}

function restrictedGlobals(layer: Layer, time = layer.clock): RuleOf<'no-restricted-globals'> {
  const globals = [
    ...(time ? [] : [{ name: 'Date', message: 'time is a parameter' }]),
    ...(layer.network && !layer.pure ? [] : [{ name: 'fetch', message: 'outbound calls go through net/' }]),
    ...(layer.random ? [] : [{ name: 'crypto', message: 'randomness is a parameter' }]),
  ]
  return ['error', { globals, checkGlobalObject: true }]
}

const timeAndChance = [
  { object: 'Math', property: 'random', message: 'randomness is a parameter' },
  { object: 'performance', property: 'timeOrigin', message: 'time is a parameter' },
]
const dateNow = { object: 'Date', property: 'now', message: 'time is a parameter' }

/** Files that reckon with dates of given instants. The clock stays refused: `Date.now` here, `new Date()` by a test. */
export const calendars = ['core/time.ts', 'policy/builtins/time-*.ts']

const filesOf = (at: string) => (at.endsWith('.ts') ? `pdp/${at}` : `pdp/${at}/**/*.ts`)

const ofLayer = (layer: Layer): OxlintOverride => ({
  files: [filesOf(layer.at)],
  rules: {
    'no-restricted-imports': restrictedImports(layer),
    'no-restricted-globals': restrictedGlobals(layer),
    'no-restricted-properties': ['error', ...(layer.clock ? [] : timeAndChance)],
    'no-console': layer.console ? 'off' : 'error',
    'node/no-process-env': layer.environment ? 'off' : 'error',
  },
})

const rowOf = (file: string): Layer => {
  const layer = layers.find(({ at }) => file.startsWith(`${at}/`))
  if (!layer) throw new Error(`no row for ${file}`)
  return layer
}

/** Files with a right of their own: they make a minted value, or are the only importer of a library. */
const ofFile = (file: string): OxlintOverride => ({
  files: [`pdp/${file}`],
  rules: { 'no-restricted-imports': restrictedImports(rowOf(file), file) },
})

const ofCalendar = (file: string): OxlintOverride => ({
  files: [`pdp/${file}`],
  rules: {
    'no-restricted-globals': restrictedGlobals(rowOf(file), true),
    'no-restricted-properties': ['error', ...timeAndChance, dateNow],
  },
})

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'node', 'vitest'],
  categories: { correctness: 'error' },
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: 'error' },
  ignorePatterns: ['node_modules/**', 'dist/**', 'build/**', 'coverage/**', 'bundles/dist/**'],
  rules: {
    // a promise that nobody waits for is a check that nobody sees fail
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/return-await': ['error', 'in-try-catch'],
    'typescript/await-thenable': 'error',
    'typescript/only-throw-error': 'error',
    'typescript/prefer-promise-reject-errors': 'error',
    // a new kind must break the build in every place that has to change
    'typescript/switch-exhaustiveness-check': [
      'error',
      { considerDefaultExhaustiveForUnions: false, allowDefaultCaseForExhaustiveSwitch: true },
    ],
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/ban-ts-comment': 'error',
    'typescript/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
    'typescript/unbound-method': 'off', // parts are closures; nothing of ours has a `this` to lose
    'typescript/no-misused-spread': ['error', { allow: ['string'] }], // code points are what a parser means
    'no-control-regex': 'off', // parsers of untrusted text name control characters on purpose
    'import/no-default-export': 'error',
    'import/no-cycle': ['error', { ignoreTypes: true }],
    'import/no-self-import': 'error',
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'no-var': 'error',
    'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
    eqeqeq: 'error',
    'no-eval': 'error',
    'no-new-func': 'error',
    'no-implied-eval': 'error',
  },
  overrides: [
    {
      files: ['pdp/**/*.ts', 'sdk/**/*.ts'],
      rules: {
        'max-lines': ['error', { max: 300 }],
        complexity: ['error', { max: 20 }],
        // `any` that came by itself, as from JSON.parse, is not carried on
        'typescript/no-unsafe-call': 'error',
        'typescript/no-unsafe-member-access': 'error',
        'typescript/no-unsafe-argument': 'error',
        'typescript/no-unsafe-return': 'error',
      },
    },
    ...layers.map(ofLayer),
    ...packagesOfFile.map(({ at }) => ofFile(at)),
    ...mints.map(({ by }) => ofFile(by)),
    // `typeof` is checked by the compiler (noImplicitReturns); the rule asks for results it can never have here
    { files: ['pdp/core/canonical-bytes.ts'], rules: { 'typescript/switch-exhaustiveness-check': 'off' } },
    ...calendars.map(ofCalendar),
    {
      files: ['sdk/**/*.ts'],
      rules: {
        'no-restricted-imports': [
          'error',
          {
            patterns: [
              { regex: '(?:^|/)(?:pdp|test|bench|scripts)/', message: 'the SDK shares no code with the server' },
              { regex: `^${either(installed)}(?:/|$)`, message: 'the SDK has no dependencies' },
            ],
          },
        ],
      },
    },
    {
      files: ['test/**/*.ts'],
      rules: {
        'vitest/no-restricted-vi-methods': [
          'error',
          { mock: 'real peers, or a double at a seam', doMock: 'real peers, or a double at a seam' },
        ],
        'vitest/expect-expect': ['error', { assertFunctionNames: ['expect', 'expect*', 'refusesOnly', 'fc.assert'] }],
        'vitest/valid-expect': ['error', { maxArgs: 2 }], // the second argument names the case
        // tests play parts that misbehave, and read JSON whose shape they made themselves
        'typescript/only-throw-error': 'off',
        'typescript/prefer-promise-reject-errors': 'off',
        'typescript/no-base-to-string': 'off',
        'typescript/require-array-sort-compare': 'off',
        'typescript/no-misused-spread': 'off', // sweeps go through texts character by character
        'vitest/no-conditional-expect': 'off', // a property says what holds in each case
        'vitest/no-standalone-expect': 'off', // suites that run over every implementation assert in functions
      },
    },
    { files: ['*.config.ts', 'scripts/knip-clauses.mjs'], rules: { 'import/no-default-export': 'off' } },
  ],
})
