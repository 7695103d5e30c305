import { describe, expect, test } from 'vitest'
import { meanings } from '../../../pdp/config/meanings/all.ts'
import { configJsonSchema, type SchemaNode } from '../../../pdp/config/schema.ts'

/** Paths of all settings that have a name of their own, as the meanings write them. */
function settings(node: SchemaNode, path: string): readonly string[] {
  const { properties = {}, additionalProperties, items, anyOf = [], oneOf = [] } = node
  const at = path === '' ? '' : `${path}.`
  return [
    ...Object.entries(properties).flatMap(([name, one]) => [`${at}${name}`, ...settings(one, `${at}${name}`)]),
    ...(typeof additionalProperties === 'object' ? settings(additionalProperties, `${at}*`) : []),
    ...(items ? settings(items, `${path}[]`) : []),
    ...[...anyOf, ...oneOf].flatMap((one) => settings(one, path)),
  ]
}

describe('what settings mean', () => {
  const schema = configJsonSchema()
  const paths = [...new Set(settings(schema, ''))]

  test('every setting has a meaning, and every meaning a setting: pdp/config/meanings', () => {
    expect(paths.length).toBeGreaterThan(200)
    expect(paths.filter((path) => meanings[path] === undefined)).toEqual([])
    expect(Object.keys(meanings).filter((path) => !paths.includes(path))).toEqual([])
  })

  test('a meaning is one line, a lower-case fragment', () => {
    expect(Object.values(meanings).filter((text) => /\n|\.$|^(?:The|A|An|Whether|How) /.test(text))).toEqual([])
  })

  test('the published schema says them, also of settings in one of several forms', () => {
    const { limits, trust } = schema.properties ?? {}
    expect(limits?.properties?.['drain_ms']?.['description']).toBe(meanings['limits.drain_ms'])
    const issuer = trust?.items?.anyOf?.find(({ properties }) => properties?.['issuer'])
    expect(issuer?.properties?.['jwks']?.['description']).toBe(meanings['trust[].jwks'])
  })
})
