import { expect, test } from 'vitest'
import { parseConfig } from '../../../../pdp/config/read-config.ts'
import { workerConfig } from '../../../../pdp/process/workers/worker-config.ts'
import { base } from '../../config/base.ts'

const configOf = (more: object) => {
  const parsed = parseConfig({ ...base(), state: '/state', ...more })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.value
}
const file = { type: 'file', path: '/logs/audit.ndjson' }

test.for<[name: string, audit: object, directory: string | undefined]>([
  ['in the state folder', { directory: '/state/audit' }, '/state/worker-2/audit'],
  ['elsewhere', { directory: '/logs' }, '/logs/worker-2'],
  ['where it is not said', {}, undefined],
])('a log %s has a part for each worker', ([, audit, directory]) => {
  const { state, audit: own } = workerConfig(configOf({ audit }), 2)
  expect([state, own.directory]).toEqual(['/state/worker-2', directory])
})

test('no two workers write to one file, or listen on one socket of their own; doors they share', () => {
  const config = configOf({ audit: { sinks: { copy: file } }, listen: { decisions: '127.0.0.1:9000' } })
  const written = [1, 2, 3].map((number) => {
    const { state, audit, listen } = workerConfig(config, number)
    expect(listen.decisions).toBe('127.0.0.1:9000')
    return [state, audit.sinks['copy']?.type === 'file' && audit.sinks['copy'].path, listen.health, listen.admin]
  })
  const all = written.flat()
  expect(new Set(all).size).toBe(all.length)
  expect(written[0]?.[1]).toBe('/logs/worker-1/audit.ndjson')
})
