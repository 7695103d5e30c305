import { dirname } from 'node:path'
import { artefactHost } from '../../policy/artefact-host.ts'
import type { Signals } from '../../process/await-end.ts'
import { createRegoToolchain, type RegoToolchain } from '../../rego/toolchain.ts'
import { readDefinitionSources } from '../build-bundle.ts'
import { exitCodes } from '../exit-codes.ts'
import { readGivenFile } from '../read-given-file.ts'
import type { Terminal } from '../terminal.ts'
import { findDefinitions } from './find-definitions.ts'
import { reports } from './reports.ts'
import { isPassed, type PolicyTests, testPolicies } from './test-policies.ts'
import { watchFolders } from './watch-folders.ts'

export interface TestFlags {
  readonly run?: string
  readonly coverage?: boolean
  readonly format?: string
  readonly requireArtefact?: boolean
  readonly artefact?: string
  readonly watch?: boolean
  readonly json?: boolean
}

/**
 * `test`: runs the tests of the bundles on source and on what is built of it. Exits 1 where a test failed, a call was
 * answered otherwise by the artefact, or there was nothing to run; 3 where something does not compile. With `watch` it runs
 * them again after each change, until it is stopped.
 */
export async function testCommand(
  given: readonly string[],
  flags: TestFlags,
  terminal: Terminal,
  signals: Signals,
): Promise<number> {
  const { say } = terminal
  const { json = false, format = json ? 'json' : 'pretty' } = flags
  const report = Object.hasOwn(reports, format) ? reports[format] : undefined
  if (!report) {
    say(`--format: must be one of ${Object.keys(reports).join(', ')}`)
    return exitCodes.usage
  }
  const toolchain = createRegoToolchain({ artefactHost })
  try {
    const once = async () => runTests(await findDefinitions(given), flags, report, toolchain, terminal)
    return flags.watch === true ? await watchTests(given, once, terminal, signals) : await once()
  } catch (error) {
    say(error instanceof Error ? error.message : 'the tests could not be run')
    return exitCodes.invalid
  } finally {
    await toolchain.close()
  }
}

/** Runs the tests now and after each change, until a signal; its exit code is that of the last run. */
async function watchTests(
  given: readonly string[],
  once: () => Promise<number>,
  { say }: Terminal,
  signals: Signals,
): Promise<number> {
  let code: number = exitCodes.invalid
  const run = async () => {
    code = await once().catch((error: unknown) => {
      say(error instanceof Error ? error.message : 'the tests could not be run')
      return exitCodes.invalid
    })
    say('watching')
  }
  const stopped = new Promise<void>((resolve) => signals.onStop(resolve))
  const definitions = await findDefinitions(given)
  const sources = await Promise.all(definitions.map(readDefinitionSources))
  const end = watchFolders([...definitions.map(dirname), ...sources.flatMap(({ folders }) => folders)], run)
  await run()
  await stopped
  end()
  return code
}

async function runTests(
  definitions: readonly string[],
  flags: TestFlags,
  report: (all: readonly PolicyTests[]) => string,
  toolchain: RegoToolchain,
  { out, say }: Terminal,
): Promise<number> {
  const artefact = flags.artefact === undefined ? undefined : await readGivenFile(flags.artefact, say)
  if (flags.artefact !== undefined && !artefact) return exitCodes.invalid
  const options = {
    ...(flags.run !== undefined && { run: flags.run }),
    ...(flags.coverage && { coverage: true }),
    ...(artefact && { artefact }),
  }
  const all: PolicyTests[] = []
  for (const definition of definitions) {
    all.push(await testPolicies(definition, toolchain, options, () => performance.now()))
  }
  out(report(all))
  const fault = faultOf(all, flags)
  if (fault !== undefined) say(fault)
  return fault === undefined ? exitCodes.ok : exitCodes.failed
}

/** Why the run as a whole is no success. */
function faultOf(all: readonly PolicyTests[], { run, requireArtefact }: TestFlags): string | undefined {
  const tests = all.flatMap((each) => each.tests)
  if (tests.length === 0) {
    return run === undefined
      ? 'no tests: name rules test_… in files that end in _test.rego'
      : 'no test has a name that matches --run'
  }
  const failed = tests.filter((test) => !isPassed(test)).length
  const differences = all.flatMap((each) => each.differences).length
  const weak = requireArtefact
    ? tests.filter(({ artefact }) => artefact?.class === 'source-only' || artefact?.class === 'not reached').length
    : 0
  const said = [
    ...(failed > 0 ? [`${failed} of ${tests.length} tests failed`] : []),
    ...(differences > 0 ? [`${differences} calls are answered otherwise by the artefact`] : []),
    ...(weak > 0 ? [`${weak} tests do not reach the artefact (--require-artefact)`] : []),
  ]
  return said.length > 0 ? said.join('; ') : undefined
}
