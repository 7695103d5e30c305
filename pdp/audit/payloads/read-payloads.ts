import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { readDayKey } from './day-keys.ts'
import { type KeptPayload, readPayload } from './payload.ts'
import { type PayloadFolders, payloadFileName } from './payload-store.ts'
import { openFrames } from './sealed-file.ts'

/** What was found besides payloads: days whose key was erased, and files that are torn or altered, by their names. */
export interface PayloadFindings {
  readonly erased: Set<string>
  readonly torn: string[]
  readonly altered: string[]
}

/**
 * Every payload that is kept from one day to another, file by file. Of a file whose end is torn, what is before it; of an
 * altered one, what is before the alteration. What is wrong is put into `findings`.
 */
export function* readPayloads(
  { payloads, keys }: PayloadFolders,
  { from = '', to = '~' }: { readonly from?: string; readonly to?: string },
  findings: PayloadFindings,
): Generator<KeptPayload> {
  for (const name of existsSync(payloads) ? readdirSync(payloads).sort() : []) {
    const day = payloadFileName.exec(name)?.[1]
    if (day === undefined || day < from || day > to) continue
    const key = readDayKey(keys, day)
    if (!key) {
      findings.erased.add(day)
      continue
    }
    const frames = openFrames(readFileSync(join(payloads, name)), key)
    let next = frames.next()
    for (; next.done !== true; next = frames.next()) {
      for (const line of inflateRawSync(next.value).toString().split('\n')) {
        const payload = line === '' ? undefined : readPayload(line)
        if (payload) yield payload
      }
    }
    if (next.value !== 'whole') findings[next.value].push(name)
  }
}
