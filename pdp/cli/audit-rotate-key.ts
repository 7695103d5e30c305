import { join } from 'node:path'
import { makeNextKey } from '../audit/tree/log-key.ts'
import { exitCodes } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** `audit rotate-key`: makes the key that signs from the next start on. `state`: the folder of that name. */
export function auditRotateKeyCommand(state: string, { out, say }: Pick<Terminal, 'out' | 'say'>): number {
  const path = join(state, 'keys', 'audit-log.key')
  try {
    out(`${makeNextKey(path).vkey}\n`)
  } catch (error) {
    say(error instanceof Error ? error.message : 'an unknown fault')
    return exitCodes.failed
  }
  say('the next start signs with this key; the log tells of it, signed by the key before')
  return exitCodes.ok
}
