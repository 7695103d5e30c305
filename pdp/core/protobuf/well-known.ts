import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts'
import { instant, toRfc3339 } from '../time.ts'

/** Makes the JSON form of a message of members, which were read as of any other message; undefined where it has none. */
type ToJson = (members: JsonObject) => JsonValue | undefined

const wrapper =
  (zero: JsonValue): ToJson =>
  ({ value = zero }) =>
    value

const onlyMember: ToJson = (members) => Object.values(members)[0]

/** Seconds as texts, since they have 64 bits; the fraction has 0, 3, 6 or 9 digits. */
function fractionOf(nanos: JsonValue | undefined): string | undefined {
  if (nanos === undefined) return ''
  if (typeof nanos !== 'number' || nanos < 0 || nanos > 999_999_999) return undefined
  return `.${String(nanos).padStart(9, '0')}`.replace(/(?:000)+$/, '')
}

const [firstSecond, lastSecond, longestDuration] = [-62_135_596_800, 253_402_300_799, 315_576_000_000]

const timestamp: ToJson = ({ seconds = '0', nanos }) => {
  const at = Number(seconds)
  const fraction = fractionOf(nanos)
  if (at < firstSecond || at > lastSecond || fraction === undefined) return undefined
  return `${toRfc3339(instant(at * 1000)).slice(0, 19)}${fraction}Z`
}

const duration: ToJson = ({ seconds = '0', nanos = 0 }) => {
  const whole = Number(seconds)
  if (Math.abs(whole) > longestDuration || typeof nanos !== 'number' || whole * nanos < 0) return undefined
  const fraction = fractionOf(Math.abs(nanos) || undefined)
  const sign = whole < 0 || nanos < 0 ? '-' : ''
  return fraction === undefined ? undefined : `${sign}${Math.abs(whole)}${fraction}s`
}

/** Paths in lowerCamelCase, with commas between. */
const fieldMask: ToJson = ({ paths = [] }) => {
  const camel = isArray(paths)
    ? paths.map((path) =>
        (typeof path === 'string' ? path : '').replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      )
    : undefined
  return camel?.some((path) => path.includes('_')) ? undefined : camel?.join(',')
}

/**
 * Messages with a JSON form of their own, by name. `Any` has none here: what is in it is of a type that the message
 * itself names.
 */
export const wellKnown: ReadonlyMap<string, ToJson> = new Map<string, ToJson>(
  Object.entries<ToJson>({
    Any: () => undefined,
    Timestamp: timestamp,
    Duration: duration,
    FieldMask: fieldMask,
    Struct: ({ fields = {} }) => (isObject(fields) ? fields : undefined),
    ListValue: ({ values = [] }) => values,
    Value: onlyMember,
    DoubleValue: wrapper(0),
    FloatValue: wrapper(0),
    Int64Value: wrapper('0'),
    UInt64Value: wrapper('0'),
    Int32Value: wrapper(0),
    UInt32Value: wrapper(0),
    BoolValue: wrapper(false),
    StringValue: wrapper(''),
    BytesValue: wrapper(''),
  }).map(([name, toJson]) => [`.google.protobuf.${name}`, toJson]),
)
