import type { PolicyTests } from '../test-policies.ts'
import { isPassed } from '../test-policies.ts'
import { describeDifference, whyFailed } from '../why-failed.ts'

/** JUnit's XML, as CI systems read it. A difference of the artefact is a failed case of its own. */
export function junitReport(all: readonly PolicyTests[]): string {
  const suites = all.map(({ bundle, tests, differences, seconds }) => {
    const failures = tests.filter((test) => !isPassed(test)).length + differences.length
    const cases = [
      ...tests.map((test) =>
        element(
          'testcase',
          { classname: test.package, name: test.name, file: test.file, line: test.row, time: test.durationMs / 1000 },
          [
            ...(test.verdict === 'skip' ? [element('skipped', {})] : []),
            ...(isPassed(test)
              ? []
              : [element('failure', { message: whyFailed(test)[0] ?? 'failed' }, [text(whyFailed(test).join('\n'))])]),
          ],
        ),
      ),
      ...differences.map((difference) =>
        element('testcase', { classname: 'artefact', name: `${difference.test} ${difference.entrypoint}` }, [
          element('failure', { message: 'the artefact answers otherwise' }, [
            text(describeDifference(difference).join('\n')),
          ]),
        ]),
      ),
    ]
    const counts = { name: bundle, tests: tests.length + differences.length, failures, time: seconds.toFixed(3) }
    return element('testsuite', counts, cases)
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', {}, suites)}\n`
}

type Attributes = Readonly<Record<string, string | number>>

function element(name: string, attributes: Attributes, children: readonly string[] = []): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${text(String(value))}"`)
  const start = `<${name}${written.join('')}`
  return children.length === 0 ? `${start}/>` : `${start}>${children.join('')}</${name}>`
}

const escapes: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' }

/** XML 1.0 has no place for most control characters, not even escaped. */
const text = (value: string): string =>
  value
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, '\ufffd')
    .replace(/[<>&"]/g, (character) => escapes[character] ?? character)
