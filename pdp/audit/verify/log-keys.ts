import { join } from 'node:path'
import { isObject, type JsonValue, member, stringMember } from '../../core/json.ts'
import { keysOf, type Replacement } from '../tree/endorse-key.ts'
import { nodeTreeFiles } from '../tree/node-tree-files.ts'
import type { NoteVerifier } from '../tree/note-key.ts'
import { forEachLine } from './for-each-line.ts'
import { segmentsOf } from './read-log-files.ts'

const head = Buffer.from('{"v":1,"kind":"key"')

/** All keys of the log in a folder that follow from one of them, by what the log says of its keys. */
export function keysOfLog(folder: string, known: NoteVerifier): readonly NoteVerifier[] {
  const replacements: Replacement[] = []
  for (const { name } of segmentsOf(folder)) {
    const log = nodeTreeFiles.openLog(join(folder, name))
    try {
      forEachLine(log, (line) => {
        const replacement = line.subarray(0, head.length).equals(head) && readReplacement(line.toString())
        if (replacement) replacements.push(replacement)
      })
    } finally {
      log.close()
    }
  }
  return keysOf(known, replacements)
}

function readReplacement(line: string): Replacement | undefined {
  let value: JsonValue
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  const facts = isObject(value) ? member(value, 'facts') : undefined
  if (!isObject(facts)) return undefined
  const [vkey, previous, endorsement] = [
    stringMember(facts, 'vkey'),
    stringMember(facts, 'previous'),
    stringMember(facts, 'endorsement'),
  ]
  return vkey !== undefined && previous !== undefined && endorsement !== undefined
    ? { vkey, previous, endorsement }
    : undefined
}
