import { dirname, join, resolve } from 'node:path'
import { readLine, textAt } from '../audit/export/stored-line.ts'
import { payloadValue } from '../audit/payloads/payload-value.ts'
import { readPayloads } from '../audit/payloads/read-payloads.ts'
import { disclose, writeDisclosure } from '../audit/verify/disclosure.ts'
import { proveRecord } from '../audit/verify/prove-record.ts'
import type { JsonValue } from '../core/json.ts'
import { deriveKey } from '../keys/derive.ts'
import { type OwnSecret, readFleetSecret, readOwnSecret } from '../keys/own-secret.ts'
import { auditExitCode, problemLine } from './audit-exit-code.ts'
import { exitCodes } from './exit-codes.ts'
import { readGivenFile } from './read-given-file.ts'
import { readVkey } from './read-vkey.ts'
import type { Terminal } from './terminal.ts'

/**
 * - `value`: as JSON; absent: the one that is kept for replay. `state`: the folder of that name; that above the log if it is
 *   not said. `secret`: files with secrets of a fleet, in place of the one in the folder of state.
 */
export interface AuditDiscloseFlags {
  readonly vkey: string
  readonly value?: string
  readonly state?: string
  readonly secret?: readonly string[]
  readonly witnessed?: boolean
}

/** `audit disclose`: prints what shows, to whoever has the key of the log alone, one value that a record only commits to. */
export async function auditDiscloseCommand(
  folder: string,
  wanted: string,
  field: string,
  flags: AuditDiscloseFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const verifier = await readVkey(flags.vkey, say)
  if (!verifier) return exitCodes.key
  const given = flags.value === undefined ? undefined : parse(flags.value)
  if (flags.value !== undefined && given === undefined) {
    say(`--value: must be JSON: a text stands in quotes, as in '"alice"'`)
    return exitCodes.usage
  }
  const proved = proveRecord(folder, wanted, verifier, flags.witnessed)
  if (!proved.ok) {
    say(problemLine(proved.problem))
    return auditExitCode([proved.problem])
  }
  const state = flags.state ?? dirname(resolve(folder))
  const secrets = await readSecrets(state, flags.secret, say)
  if (!secrets) return exitCodes.failed
  const disclosed = disclose(proved, field, {
    keys: secrets.map((secret) => deriveKey(secret, 'audit-commit/v1')),
    values: given === undefined ? keptValues(state, proved.record, field) : [given],
  })
  if (typeof disclosed === 'string') {
    say(disclosed)
    return exitCodes.failed
  }
  out(writeDisclosure(disclosed))
  return exitCodes.ok
}

async function readSecrets(
  state: string,
  files: readonly string[] | undefined,
  say: Terminal['say'],
): Promise<readonly OwnSecret[] | undefined> {
  try {
    if (files) {
      const contents = await Promise.all(files.map((file) => readGivenFile(file, say)))
      return contents.every((content) => content !== undefined)
        ? contents.map((content) => readFleetSecret(content.toString()))
        : undefined
    }
    const path = join(state, 'keys', 'own.secret')
    const secret = readOwnSecret(path)
    if (!secret) say(`${path}: is missing: name the folder of state (--state), or the fleet's secret (--secret)`)
    return secret && [secret]
  } catch (error) {
    say(error instanceof Error ? error.message : 'an unknown fault')
    return undefined
  }
}

/** The value that the payload of a decision has, if one is kept. */
function keptValues(state: string, line: string, field: string): readonly JsonValue[] {
  const record = readLine(line)
  const [id, ts] = [record && textAt(record, 'id'), record && textAt(record, 'ts')]
  if (id === undefined || ts === undefined) return []
  const day = ts.slice(0, '2026-01-01'.length)
  const folders = { payloads: join(state, 'payloads'), keys: join(state, 'keys', 'payloads') }
  for (const payload of readPayloads(folders, { from: day, to: day }, { erased: new Set(), torn: [], altered: [] })) {
    if (payload.id !== id) continue
    const value = payloadValue(payload, field)
    return value === undefined ? [] : [value]
  }
  return []
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue // what it gives is JSON
  } catch {
    return undefined
  }
}
