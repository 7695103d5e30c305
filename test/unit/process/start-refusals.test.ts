import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import { type StartCircumstances, startRefusals } from '../../../pdp/process/start-refusals.ts'
import { type Base, base } from '../config/base.ts'

type Change = (config: Base) => void

function refusals(change: Change, circumstances: Partial<StartCircumstances> = {}) {
  const value = base() as Base
  change(value)
  const config = parseConfig(value)
  if (!config.ok) throw new Error(JSON.stringify(config.problems))
  return startRefusals(config.value, { demo: true, environment: {}, ...circumstances })
}

const nothing: Change = () => undefined
const listen =
  (key: string, address: string): Change =>
  (c) => {
    c['tls'] = 'off'
    c['listen'] = { [key]: address }
  }

describe('a demonstration refuses; its twin is let through', () => {
  const rows: readonly (readonly [
    string,
    Change,
    Partial<StartCircumstances>,
    Change,
    Partial<StartCircumstances>,
    RegExp,
  ])[] = [
    [
      'to be reached from outside',
      listen('decisions', '127.0.0.1:1'),
      {},
      listen('decisions', '0.0.0.0:1'),
      {},
      /loopback/,
    ],
    ['to be reached over IPv6', listen('decisions', '[::1]:1'), {}, listen('decisions', '[::]:1'), {}, /loopback/],
    ['to show its health outside', listen('health', '127.0.0.1:1'), {}, listen('health', '0.0.0.0:1'), {}, /loopback/],
    [
      'production',
      nothing,
      { environment: { NODE_ENV: 'development' } },
      nothing,
      { environment: { NODE_ENV: 'production' } },
      /not for production/,
    ],
    [
      'settings from the environment',
      nothing,
      { environment: { OTHER_STATE: 'x' } },
      nothing,
      { environment: { SALLYPORT_STATE: 'x' } },
      /unset SALLYPORT_STATE/,
    ],
    [
      'any variable of ours',
      nothing,
      {},
      nothing,
      { environment: { SALLYPORT_ANYTHING: '' } },
      /unset SALLYPORT_ANYTHING/,
    ],
  ]
  test.for(rows)('%s', ([, twin, around, defect, aroundDefect, says]) => {
    expect(refusals(twin, around)).toEqual([])
    const [refusal, ...more] = refusals(defect, aroundDefect)
    expect(refusal?.message).toMatch(says)
    expect(more).toEqual([])
  })
})

test('records in memory are for a demonstration alone', () => {
  const memory: Change = (c) => (c['audit'] = { mode: 'memory' })
  expect(refusals(memory, { demo: true })).toEqual([])
  expect(refusals(memory, { demo: false })).toMatchObject([{ at: 'audit.mode' }])
})
