import { stripVTControlCharacters } from 'node:util'
import { type AdminFlags, callAdmin } from './admin-client.ts'
import { exitCodes } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

export interface ListFlags extends AdminFlags {
  readonly json?: boolean
}

interface Page {
  readonly revocations: readonly Listed[]
  readonly next?: string
}

interface Listed {
  readonly at: string
  readonly by: string
  readonly reason: string
  readonly target: Readonly<Record<string, string>>
  readonly until?: string
  readonly not_before?: string
}

/** `revocations`: prints what is revoked, oldest first. */
export async function listRevocationsCommand(flags: ListFlags, terminal: Terminal): Promise<number> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const path: string = `/v1/revocations?after=${encodeURIComponent(after)}`
    const answer = await callAdmin(flags, { path }, terminal)
    if (!answer) return exitCodes.unreachable
    if (answer.status !== 200) {
      terminal.say(`refused: status ${answer.status}`)
      return exitCodes.invalid
    }
    const { revocations, next } = answer.body as Page // what our own listener answers
    for (const each of revocations) terminal.out(flags.json ? `${JSON.stringify(each)}\n` : line(each))
    after = next
  }
  return exitCodes.ok
}

function line({ at, by, reason, target, until, not_before: notBefore }: Listed): string {
  const { by: kind, ...parts } = target
  const ends = until === undefined ? '' : ` until ${until}`
  const old = notBefore === undefined ? '' : ` issued before ${notBefore}`
  return `${[at, kind, ...Object.values(parts).map(shown)].join(' ')}${old}${ends} · ${shown(by)}: ${shown(reason)}\n`
}

/** What others chose must not move a terminal's cursor, nor turn the direction of its text. */
const shown = (text: string): string => stripVTControlCharacters(text).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
