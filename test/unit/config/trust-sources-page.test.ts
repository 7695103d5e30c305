import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import { base } from './base.ts'

const page = readFileSync(new URL('../../../docs/identity/trust-sources.md', import.meta.url), 'utf8')
const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text)

test('the page has examples', () => expect(examples).toHaveLength(2))

test.for(examples)('%s is a configuration that starts', (text) => {
  const parsed = parseConfig({ ...base(), ...(parse(text) as Record<string, unknown>) }) // sections, in these examples
  expect(parsed).toMatchObject({ ok: true })
})

const federated = { spiffe: 'partner.example', from: 'https://bundles.partner.example/' }
const fromFile = { spiffe: 'partner.example', from: 'file:bundle.json' }
const spiffe = { profile: 'https_spiffe', id: 'spiffe://partner.example/server', bootstrap: 'file:b.json' }
test.for<[name: string, good: object, bad: object]>([
  ['an endpoint of a file', { ...federated, endpoint: spiffe }, { ...fromFile, endpoint: spiffe }],
  [
    'an endpoint without its id',
    { ...federated, endpoint: spiffe },
    { ...federated, endpoint: { ...spiffe, id: undefined } },
  ],
  [
    'an id that is none',
    { ...federated, endpoint: spiffe },
    { ...federated, endpoint: { ...spiffe, id: 'partner.example' } },
  ],
  [
    'an endpoint without a bootstrap',
    { ...federated, endpoint: spiffe },
    { ...federated, endpoint: { ...spiffe, bootstrap: undefined } },
  ],
  ['a private address of a file', { ...federated, allow_private: true }, { ...fromFile, allow_private: true }],
  ['plain http', federated, { ...federated, from: 'http://bundles.partner.example/' }],
])('refused: %s', ([, good, bad]) => {
  const read = (anchor: object) => parseConfig({ ...base(), trust: [JSON.parse(JSON.stringify(anchor))] })
  expect(read(good)).toMatchObject({ ok: true })
  expect(read(bad)).toMatchObject({ ok: false, problems: [{ at: expect.stringMatching(/^trust\.0/) }] })
})
