/** An item without parameters (RFC 9651 §3.3). Numbers are within the bounds of the RFC; a date is in seconds. */
export type BareItem =
  | { readonly kind: 'integer' | 'decimal' | 'date'; readonly value: number }
  | { readonly kind: 'string' | 'token'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Buffer }
  | { readonly kind: 'boolean'; readonly value: boolean }

/** Parameters (§3.1.2), in their order. */
export type Parameters = ReadonlyMap<string, BareItem>

export interface Item {
  readonly bare: BareItem
  readonly parameters: Parameters
}

export interface InnerList {
  readonly items: readonly Item[]
  readonly parameters: Parameters
}

/** A dictionary (§3.2), in its order. A member without a value is the item `true`. */
export type Dictionary = ReadonlyMap<string, Item | InnerList>

/** Writes a list as §4.1.1.1 says: one text for one meaning. */
export const writeInnerList = ({ items, parameters }: InnerList): string =>
  `(${items.map(writeItem).join(' ')})${writeParameters(parameters)}`

/** Writes an item as §4.1.3 says. */
export const writeItem = ({ bare, parameters }: Item): string => `${writeBare(bare)}${writeParameters(parameters)}`

const writeParameters = (parameters: Parameters): string =>
  [...parameters].map(([key, value]) => (value.value === true ? `;${key}` : `;${key}=${writeBare(value)}`)).join('')

function writeBare(item: BareItem): string {
  switch (item.kind) {
    case 'integer':
      return String(item.value)
    case 'decimal':
      return Number.isInteger(item.value) ? `${item.value}.0` : String(item.value)
    case 'date':
      return `@${item.value}`
    case 'string':
      return `"${item.value.replaceAll(/[\\"]/g, String.raw`\$&`)}"`
    case 'token':
      return item.value
    case 'bytes':
      return `:${item.value.toString('base64')}:`
    case 'boolean':
      return item.value ? '?1' : '?0'
  }
}
