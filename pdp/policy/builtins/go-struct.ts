import { numberOf, type ObjectValue, objectOf, type Value } from '../value.ts'
import { goText } from './go-utf8.ts'

// What Go's encoding/json makes of the parts of a struct.

/** A struct: its fields by their Go names. */
export const goStruct = (fields: Readonly<Record<string, Value>>): ObjectValue => objectOf(...Object.entries(fields))

/** A `[]byte`: base64, null for nil. */
export const goBytes = (bytes: Buffer | undefined): Value => (bytes ? bytes.toString('base64') : null)

/** A slice that is nil where it has no items. */
export const goList = (items: readonly Value[] | undefined): Value => (items && items.length > 0 ? items : null)

/** A number of any size, exact. */
export const goNumber = (number: bigint | number): Value => numberOf(String(number))

/** An `asn1.ObjectIdentifier`: a list of numbers. */
export const goOid = (oid: string): Value => oid.split('.').map((component) => numberOf(component))

/** A string of bytes, one a character, of which Go has UTF-8. */
export const goString = (bytes: string): string => goText(Buffer.from(bytes, 'latin1'))
