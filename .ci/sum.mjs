// Adds up the reports of the steps: `node .ci/sum.mjs <folder>`. Names what failed, prints `N passed, N failed` last and
// exits with 1 if anything failed. Plain JavaScript over Node's own modules, on any Node from 20.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = process.argv[2]
let passed = 0
const failed = []

for (const file of readdirSync(folder).filter((name) => name.endsWith('.exit'))) {
  const step = file.slice(0, -'.exit'.length)
  const code = readFileSync(join(folder, file), 'utf8').trim()
  const before = failed.length
  const reported = readVitest(step) || readGo(step)
  if (!reported && (step === 'test' || step === 'integration' || step === 'go')) failed.push(`${step}: no report`)
  if (code !== '0' && failed.length === before) failed.push(`${step}: ended with ${code}`)
}
if (passed + failed.length === 0) failed.push('no step ran')

for (const name of failed) console.log(`failed: ${name}`)
console.log(`${passed} passed, ${failed.length} failed`)
process.exit(failed.length === 0 ? 0 : 1)

/** Counts the tests of a vitest report, whatever its own totals say. */
function readVitest(step) {
  const report = parse(join(folder, `${step}.json`))
  if (!report) return false
  const before = failed.length
  for (const { name, status, assertionResults } of report.testResults) {
    const bad = assertionResults.filter((test) => test.status !== 'passed')
    passed += assertionResults.length - bad.length
    for (const test of bad) failed.push(`${step}: ${test.fullName} (${test.status})`)
    if (bad.length === 0 && (status !== 'passed' || assertionResults.length === 0)) failed.push(`${step}: ${name}`)
  }
  if (!report.success && failed.length === before) failed.push(`${step}: an error outside of the tests`)
  return true
}

/** Counts the tests of `go test -json`. One that only groups others is not a test of its own. */
function readGo(step) {
  const path = join(folder, `${step}.jsonl`)
  if (!existsSync(path)) return false
  const events = readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  const ended = events.filter(({ Action }) => ['pass', 'fail', 'skip'].includes(Action))
  const tests = ended.filter(({ Test }) => Test !== undefined)
  const groups = new Set(tests.map(({ Package, Test }) => `${Package} ${Test.split('/').slice(0, -1).join('/')}`))
  for (const { Package, Test, Action } of tests) {
    if (groups.has(`${Package} ${Test}`) && Action !== 'fail') continue
    if (Action === 'pass') passed++
    else failed.push(`${step}: ${Package} ${Test} (${Action})`)
  }
  return tests.length > 0
}

function parse(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}
