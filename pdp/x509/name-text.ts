import type { Name } from './name.ts'

/** Attribute types by the names that RFC 4514 §3 and RFC 4519 give them. */
const keywords: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.45', 'x500UniqueIdentifier'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
])

/** The same the other way round, keywords in capitals: they are told in any case. */
export const attributeTypes: ReadonlyMap<string, string> = new Map(
  [...keywords].map(([type, keyword]) => [keyword.toUpperCase(), type]),
)

/**
 * A name as RFC 4514 writes it, the last part first: `CN=checkout,O=Example`. For people, records and configuration; to
 * compare names use their keys.
 */
export function nameText({ attributes }: Name): string {
  return attributes
    .map(({ type, value, der }) => {
      const text = value === undefined ? `#${der.toString('hex')}` : escape(value)
      return `${keywords.get(type) ?? type}=${text}`
    })
    .reverse()
    .join(',')
}

// RFC 4514 §2.4; control characters as hexadecimal pairs
const escape = (text: string): string =>
  text
    .replaceAll(/[\\",;<>+=]/g, String.raw`\$&`)
    .replaceAll(/^[ #]| $/g, String.raw`\$&`)
    .replaceAll(/[\x00-\x1f\x7f]/g, (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
