import { clauses } from '../clause.ts'
import type { JsonValue } from '../json.ts'
import { ok, type Result, refuse } from '../result.ts'
import type { KnownField, KnownMessage, KnownTypes } from './known-types.ts'
import { type JsonScalar, scalarOf } from './json-scalars.ts'
import { type ProtobufLimits, protobufClauses } from './message.ts'
import { wellKnown } from './well-known.ts'
import { numberOf, ProtobufFault, readWire, type WireReader, type WireType, wireOf, wireTypes } from './wire-reader.ts'

export const asJsonClauses = clauses({ form: 'protobuf-json-form' })

const limits: ProtobufLimits = { bytes: 16 * 1_048_576, depth: 64, fields: 100_000 }
const messageType = 11
const [requiredLabel, repeatedLabel] = [2, 3]

/** Thrown within this file alone, for a message that has no JSON form here. */
class NoJsonForm extends Error {}

/**
 * Reads a message as the JSON that the mapping of Protocol Buffers makes of it (as `protojson`): names in lowerCamelCase,
 * only what is set, 64-bit numbers as texts, enums by name. Refuses (REQUEST_MALFORMED) what is no such message.
 */
export function readAsJson(type: KnownMessage, types: KnownTypes, bytes: Uint8Array): Result<JsonValue> {
  if (bytes.length > limits.bytes) return refuse('REQUEST_MALFORMED', protobufClauses.size, 'the message is too long')
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  try {
    return ok(readFields(type, types, readWire(whole, limits.depth, { tags: limits.fields })))
  } catch (error) {
    if (error instanceof ProtobufFault) return refuse('REQUEST_MALFORMED', protobufClauses[error.kind], error.message)
    if (error instanceof NoJsonForm) return refuse('REQUEST_MALFORMED', asJsonClauses.form, error.message)
    throw error
  }
}

function readFields(type: KnownMessage, types: KnownTypes, from: WireReader): JsonValue {
  const members = new Map<string, JsonValue>()
  const lists = new Map<string, JsonValue[]>()
  const maps = new Map<string, Map<string, JsonValue>>()
  const chosen = new Set<number>() // oneofs of which a field stands
  const seen = new Set<number>()
  while (!from.isEmpty()) {
    const tag = from.tag()
    const [number, wire] = [numberOf(tag), wireOf(tag)]
    const field = type.fields.get(number)
    if (!field) from.skip(wire)
    else if (field.label === repeatedLabel) readItems(field, types, wire, from, lists, maps)
    else {
      if (seen.has(number) || (field.oneofIndex !== undefined && chosen.has(field.oneofIndex))) throw twice()
      seen.add(number)
      if (field.oneofIndex !== undefined) chosen.add(field.oneofIndex)
      const value = readOne(field, types, wire, from)
      if (hasPresence(field, type) || value !== scalarOf(field, types)?.zero) members.set(nameOf(field), value)
    }
  }
  for (const { number, label } of type.fields.values())
    if (label === requiredLabel && !seen.has(number)) throw new NoJsonForm('a required field is missing')
  for (const [name, list] of lists) if (list.length > 0) members.set(name, list)
  for (const [name, entries] of maps) members.set(name, Object.fromEntries(entries))
  const special = wellKnown.get(type.name)
  const json = special ? special(Object.fromEntries(members)) : Object.fromEntries(members)
  if (json === undefined) throw new NoJsonForm(`a ${type.name.slice(1)} has no JSON form, or none that is read here`)
  return json
}

/** Whether a zero that stands is a value: in proto3 only where it says so, or is one of several. */
const hasPresence = ({ oneofIndex, type }: KnownField, { proto2 }: KnownMessage): boolean =>
  proto2 || oneofIndex !== undefined || type === messageType

function readItems(
  field: KnownField,
  types: KnownTypes,
  wire: WireType,
  from: WireReader,
  lists: Map<string, JsonValue[]>,
  maps: Map<string, Map<string, JsonValue>>,
): void {
  const name = nameOf(field)
  const entry = field.type === messageType ? types.messages.get(field.typeName) : undefined
  if (entry?.mapEntry) {
    const entries = maps.get(name) ?? new Map<string, JsonValue>()
    const [key, value] = readEntry(entry, types, wire, from)
    if (entries.has(key)) throw twice()
    maps.set(name, entries.set(key, value))
    return
  }
  const list = lists.get(name) ?? []
  const scalar = scalarOf(field, types)
  if (scalar && wire === wireTypes.bytes && scalar.wire !== wireTypes.bytes)
    from.enter((packed) => {
      while (!packed.isEmpty()) list.push(scalar.read(packed))
    })
  else list.push(readOne(field, types, wire, from))
  lists.set(name, list)
}

function readEntry(entry: KnownMessage, types: KnownTypes, wire: WireType, from: WireReader): [string, JsonValue] {
  const [keyField, valueField] = [entry.fields.get(1), entry.fields.get(2)]
  if (wire !== wireTypes.bytes) throw otherType()
  if (!keyField || !valueField) throw new NoJsonForm('a map has no key or no value in its descriptor')
  const found = new Map<number, JsonValue>()
  from.enter((inner) => {
    while (!inner.isEmpty()) {
      const tag = inner.tag()
      const [number, valueWire] = [numberOf(tag), wireOf(tag)]
      const field = entry.fields.get(number)
      if (field && found.has(number)) throw twice()
      if (field) found.set(number, readOne(field, types, valueWire, inner))
      else inner.skip(valueWire)
    }
  })
  const key = found.get(1) ?? zeroOf(keyField, types)
  if (typeof key === 'object') throw new NoJsonForm('a key of a map is no scalar in its descriptor')
  return [String(key), found.get(2) ?? zeroOf(valueField, types)]
}

function zeroOf(field: KnownField, types: KnownTypes): JsonValue {
  const scalar = scalarOf(field, types)
  return scalar ? scalar.zero : readFields(messageOf(field, types), types, readWire(Buffer.alloc(0), 0, { tags: 0 }))
}

function readOne(field: KnownField, types: KnownTypes, wire: WireType, from: WireReader): JsonValue {
  const scalar: JsonScalar | undefined = scalarOf(field, types)
  if (wire !== (scalar?.wire ?? wireTypes.bytes)) throw otherType()
  return scalar ? scalar.read(from) : from.enter((inner) => readFields(messageOf(field, types), types, inner))
}

function messageOf({ type, typeName }: KnownField, types: KnownTypes): KnownMessage {
  const found = type === messageType ? types.messages.get(typeName) : undefined
  if (!found) throw new NoJsonForm('a field is of a type that is not read here')
  return found
}

/** `json_name` stands in every set that a compiler wrote. */
const nameOf = ({ jsonName, name }: KnownField): string =>
  jsonName === '' ? name.replace(/_+([a-z0-9])?/g, (_, letter: string = '') => letter.toUpperCase()) : jsonName

/** A reader that lets the last one count, and one that takes the first, would see two messages. */
const twice = () => new ProtobufFault('twice', 'a field that is no list, or a key of a map, stands twice')
const otherType = () => new ProtobufFault('type', 'a field has another type than it should')
