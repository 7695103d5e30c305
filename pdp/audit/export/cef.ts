import type { JsonObject } from '../../core/json.ts'
import { type ExportedLog, lineFormat, product } from './export-format.ts'
import { objectsAt, seqOf, textAt, timeOf } from './stored-line.ts'

/** The version of the record that a line is made of, as the version of the device. */
const deviceVersion = '1'

/** A record in ArcSight's Common Event Format, version 0: one line, as a syslog message carries it. */
export const cefFormat = lineFormat('cef', cefLine)

/** The line of a record. Texts keep no control characters, so that no value ends its line or begins another. */
function cefLine(record: JsonObject, { origin }: ExportedLog): string {
  const kind = textAt(record, 'kind') ?? ''
  const decision = kind === 'decision'
  const allowed = textAt(record, 'effect') === 'allow'
  const failed = record['error'] === true
  const name = decision ? `decision ${allowed ? 'allow' : 'deny'}` : kind
  const severity = decision ? (failed ? 7 : allowed ? 1 : 4) : kind === 'gap' ? 9 : 2
  const [question] = objectsAt(record, 'questions')
  const resource = [textAt(question, 'resource', 'type'), textAt(question, 'resource', 'id')].filter(
    (part) => part !== undefined,
  )
  const extension: readonly (readonly [key: string, value: string | undefined])[] = [
    ['rt', String(timeOf(record))],
    ['externalId', textAt(record, 'id')],
    ['act', decision ? (allowed ? 'allow' : 'deny') : undefined],
    ['outcome', decision ? (allowed ? 'success' : 'failure') : undefined],
    ['reason', textAt(record, 'code')],
    ['msg', decision ? textAt(record, 'detail') : JSON.stringify(record['facts'] ?? {})],
    ['suser', textAt(record, 'subject', 'id')],
    ['requestMethod', textAt(record, 'request', 'method')],
    ['dhost', textAt(record, 'request', 'host')],
    ['request', textAt(record, 'request', 'path')],
    ...labelled('cs1', 'log', origin),
    ...labelled('cs2', 'service', textAt(record, 'service')),
    ...labelled('cs3', 'pep', textAt(record, 'pep')),
    ...labelled('cs4', 'resource', resource.length > 0 ? resource.join('/') : undefined),
    ...labelled('cs5', 'action', textAt(question, 'action')),
    ...labelled('cs6', 'policy', textAt(record, 'policy', 'digest')),
    ...labelled('cn1', 'seq', String(seqOf(record))),
  ]
  const header = [
    'CEF:0',
    product.vendor,
    product.name,
    deviceVersion,
    textAt(record, 'code') ?? kind,
    name,
    String(severity),
  ]
  const fields = extension.flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${extensionText(value)}`]))
  return `${header.map(headerText).join('|')}|${fields.join(' ')}`
}

const labelled = (
  key: string,
  label: string,
  value: string | undefined,
): readonly (readonly [string, string | undefined])[] =>
  value === undefined
    ? []
    : [
        [key, value],
        [`${key}Label`, label],
      ]

/** The longest value that every key of the dictionary takes; the whole one stands in the log. */
const longest = 1023

const plain = (text: string): string =>
  text
    .slice(0, longest)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ')
const headerText = (text: string): string => plain(text).replaceAll(/[\\|]/g, String.raw`\$&`)
const extensionText = (text: string): string => plain(text).replaceAll(/[\\=]/g, String.raw`\$&`)
