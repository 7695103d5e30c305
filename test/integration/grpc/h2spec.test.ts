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

const ignored = 'nghttp2 drops frames of a stream that is closed: nothing of them reaches a method'
const alwaysJudged = ['http2/5.3.1: Sends PRIORITY frame that depend on itself']

/** Cases in which a listener does something else than h2spec expects, each with why that is no harm. */
const judged: Readonly<Record<'own' | 'node', Readonly<Record<string, string>>>> = {
  own: {
    'http2/5.3.1: Sends HEADERS frame that depend on itself': priority,
    'http2/5.3.1: Sends PRIORITY frame that depend on itself': priority,
  },
  node: {
    'http2/5.1: closed: Sends a DATA frame after sending RST_STREAM frame': ignored,
    'http2/5.1: closed: Sends a HEADERS frame after sending RST_STREAM frame': ignored,
    'http2/5.1: closed: Sends a DATA frame': ignored,
    'http2/5.1: closed: Sends a HEADERS frame': ignored,
    'http2/5.1.1: Sends stream identifier that is numerically smaller than previous': ignored,
    'http2/6.1: Sends a DATA frame on the stream that is not in "open" or "half-closed (local)" state': ignored,
    'http2/5.3.1: Sends PRIORITY frame that depend on itself': priority,
    'http2/6.3: Sends a PRIORITY frame with 0x0 stream identifier': priority,
    'http2/6.7: Sends a PING frame with ACK': 'stricter: the connection ends, since nobody pinged',
    'http2/6.9.1: Sends multiple WINDOW_UPDATE frames increasing the flow control window to above 2^31-1 on a stream':
      'stricter: the connection ends, not the stream alone',
  },
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

test.each(['own', 'node'] as const)(
  'the 145 cases of h2spec for servers, over %s HTTP/2, but for those that are judged here',
  async (http2) => {
    const server = await startCheckServer({ http2 })
    // else some frames meet a stream that was answered and closed before they came, and nothing is judged
    const gathering = await gather(server.port, 20)
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-h2spec-'))
    try {
      const report = join(folder, 'report.xml')
      // failed cases end it with 1
      await promisify(execFile)(h2spec, ['127.0.0.1', String(gathering.port), '/', report], {
        maxBuffer: 1 << 26,
      }).catch(() => undefined)
      const cases = casesOf(await readFile(report, 'latin1'))
      expect(cases.length).toBe(145)
      const failed = cases.filter((each) => each.failed).map(({ name }) => name)
      expect(failed.filter((name) => judged[http2][name] === undefined)).toEqual([])
      expect(failed, 'the report tells of failures').toEqual(expect.arrayContaining(alwaysJudged))
      expect(await server.call(checkBytes()), 'it answers afterwards').toBeInstanceOf(Buffer)
    } finally {
      await gathering.close()
      await server.close()
      await rm(folder, { recursive: true })
    }
  },
)
