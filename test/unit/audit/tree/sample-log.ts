import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { recordLine } from '../../../../pdp/audit/record-line.ts'
import { nodeTreeFiles } from '../../../../pdp/audit/tree/node-tree-files.ts'
import { makeNoteSigner, type NoteSigner } from '../../../../pdp/audit/tree/note-key.ts'
import { type Extent, openTreeBuilder, type TreeBuilder } from '../../../../pdp/audit/tree/tree-builder.ts'
import type { TreeFiles } from '../../../../pdp/audit/tree/tree-files.ts'
import { bareRecord, decisionRecord } from '../sample-records.ts'

/** A log of made-up records in a folder, with a tree that grows over it. */
export interface SampleLog {
  readonly folder: string
  readonly signer: NoteSigner
  readonly places: { readonly log: string; readonly folder: string; readonly signed: string }
  /** Appends records until there are so many; answers how far the log is. */
  growTo(records: number): Extent
  /** Opens a builder at the present end. */
  open(files?: TreeFiles): TreeBuilder
  extent(): Extent
}

/** Makes the folders below `base`. `wide`: records with every member, else short ones. */
export function createSampleLog(base: string, wide = false): SampleLog {
  const folder = join(base, 'audit')
  const log = join(folder, 'records.ndjson')
  mkdirSync(folder, { recursive: true })
  mkdirSync(join(base, 'keys'), { recursive: true })
  writeFileSync(log, '')
  const signer = makeNoteSigner(() => 'host.example/audit/0123456789abcdef')
  const places = { log, folder: join(folder, 'tree'), signed: join(base, 'keys', 'audit-log.signed') }
  let records = 0
  const extent = () => ({ records })
  return {
    folder,
    signer,
    places,
    growTo(count) {
      let text = ''
      for (; records < count; records++)
        text += `${recordLine(wide ? decisionRecord(records) : bareRecord(records), records)}\n`
      writeFileSync(log, text, { flag: 'a' })
      return extent()
    },
    open: (files = nodeTreeFiles) => openTreeBuilder(places, signer, extent(), files),
    extent,
  }
}

/** The lines of the log, as bytes without line ends. */
export const linesOf = ({ places }: SampleLog): readonly string[] =>
  readFileSync(places.log, 'utf8').split('\n').slice(0, -1)
