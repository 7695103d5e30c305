import { expect, test } from 'vitest'
import { openTracing } from '../../../pdp/compose/traces.ts'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import { base } from '../config/base.ts'

const endpoint = 'https://otel.example.org/v1/traces'

async function open(traces: unknown, environment: Readonly<Record<string, string>> = {}) {
  const parsed = parseConfig({ ...base(), ...(traces !== undefined && { telemetry: { traces } }) })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return openTracing(parsed.value, { environment, random: () => 0.5 }, 'an instance')
}

test('nothing is traced unless it is configured and on', async () => {
  expect((await open(undefined)).of).toEqual({})
  expect((await open({ endpoint, enabled: false, headers: 'env:ABSENT' })).of).toEqual({})
  const tracing = await open({ endpoint, headers: 'env:KEY' }, { KEY: 'api-key=a%20b, x-team=payments' })
  expect(tracing.of.tracing).toBeDefined()
  await tracing.close()
})

test.for<readonly [string, Readonly<Record<string, string>>, RegExp]>([
  ['headers that are not there', {}, /env:KEY is empty, or not there/],
  ['headers of another form', { KEY: 'MARKED' }, /telemetry\.traces\.headers: env:KEY must hold name=value/],
  ['a name that is none of a header', { KEY: 'a b=MARKED' }, /must hold name=value/],
  ['a value with a line end', { KEY: 'a=MARKED%0d%0ax:1' }, /must hold name=value/],
])('%s: no start, and nothing of them is told', async ([, environment, reason]) => {
  const refused = await open({ endpoint, headers: 'env:KEY' }, environment).catch((error: unknown) => String(error))
  expect(refused).toMatch(reason)
  expect(refused).not.toContain('MARKED')
})

test('authorities that cannot be read: no start', async () => {
  await expect(open({ endpoint, ca: 'file:/absent/ca.pem' })).rejects.toThrow(
    'telemetry.traces.ca: file:/absent/ca.pem cannot be read (ENOENT)',
  )
})
