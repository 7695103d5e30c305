import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { checkBytes } from '../../support/check-messages.ts'
import { startCheckServer } from '../../support/check-calls.ts'
import { gather } from './gather.ts'

const h2spec = fileURLToPath(new URL('../../../build/peers/h2spec-peer', import.meta.url))

const priority = 'priorities say nothing any more (RFC 9113, 5.3.2): they are not looked into'

/** Cases in which the listener does something else than h2spec expects, each with why that is no harm. */
const judged: Readonly<Record<string, string>> = {
  'http2/5.3.1: Sends HEADERS frame that depend on itself': priority,
  'http2/5.3.1: Sends PRIORITY frame that depend on itself': priority,
}

interface Case {
  readonly name: string
  readonly failed: boolean
}

/** Cases of a report in JUnit's form, as h2spec writes it. */
const casesOf = (report: string): readonly Case[] =>
  report
    .split('<testcase ')
    .slice(1)
    .map((text) => ({
      name: `${/package="([^"]*)"/.exec(text)?.[1]}: ${unescaped(/classname="([^"]*)"/.exec(text)?.[1] ?? '')}`,
      failed: /<(?:error|failure|skipped)\b/.test(text),
    }))

const unescaped = (text: string): string => text.replaceAll('&#34;', '"').replaceAll('&quot;', '"')

test('the 145 cases of h2spec for servers, but for those that are judged here', async () => {
  const server = await startCheckServer()
  // else some frames meet a stream that was answered and closed before they came, and nothing is judged
  const gathering = await gather(server.port, 20)
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-h2spec-'))
  try {
    const report = join(folder, 'report.xml')
    // failed cases end it with 1
    await promisify(execFile)(h2spec, ['127.0.0.1', String(gathering.port), '/', report], { maxBuffer: 1 << 26 }).catch(
      () => undefined,
    )
    const cases = casesOf(await readFile(report, 'latin1'))
    expect(cases.length).toBe(145)
    const failed = cases.filter((each) => each.failed).map(({ name }) => name)
    expect(failed.toSorted()).toEqual(Object.keys(judged)) // some there are, so the report tells of failures
    expect(await server.call(checkBytes()), 'it answers afterwards').toBeInstanceOf(Buffer)
  } finally {
    await gathering.close()
    await server.close()
    await rm(folder, { recursive: true })
  }
})
