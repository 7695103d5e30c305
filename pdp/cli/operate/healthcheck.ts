import { exitCodes } from '../exit-codes.ts'
import { printRow } from '../print-row.ts'
import type { Terminal } from '../terminal.ts'
import { askHealth, type HealthAnswer } from './ask-health.ts'
import { findHealthPlace, type HealthFlags } from './health-place.ts'

export interface HealthcheckFlags extends HealthFlags {
  readonly live?: boolean
  readonly ready?: boolean
  readonly timeout?: string
  readonly json?: boolean
}

interface Judged {
  readonly ok: boolean
  readonly detail: string
}

/**
 * `healthcheck`: whether a process may be sent asks, or with `live` whether it answers at all: for probes of containers.
 * Prints one line. Ends with 0 or 1, or 64 where it was called wrongly.
 */
export async function healthcheckCommand(flags: HealthcheckFlags, terminal: Terminal): Promise<number> {
  const { live = false, ready = false, timeout = '2000', json } = flags
  const timeoutMs = Number(timeout)
  if ((live && ready) || !/^[1-9][0-9]{0,5}$/.test(timeout)) {
    terminal.say(live && ready ? 'name --live or --ready, not both' : '--timeout: must be milliseconds')
    return exitCodes.usage
  }
  const where = await findHealthPlace(flags, terminal)
  if (typeof where === 'number') return where
  const { ok, detail } = await ask(where, live, timeoutMs)
  printRow(terminal.out, json, { ok, at: where, detail }, `${detail} (${where})`)
  return ok ? exitCodes.ok : exitCodes.failed
}

async function ask(where: string, live: boolean, timeoutMs: number): Promise<Judged> {
  try {
    const answer = await askHealth(where, live ? '/livez' : '/readyz?verbose', timeoutMs)
    return live ? judgeLive(answer) : judgeReady(answer)
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : 'cannot be reached' }
  }
}

const judgeLive = ({ status }: HealthAnswer): Judged =>
  status === 200 ? { ok: true, detail: 'alive' } : { ok: false, detail: `answered with status ${status}` }

/** The status decides; what is not so is told from the checks, where they can be read. */
function judgeReady({ status, body }: HealthAnswer): Judged {
  if (status === 200) return { ok: true, detail: 'ready' }
  if (status !== 503) return { ok: false, detail: `answered with status ${status}: is this the health listener?` }
  const failed = failedChecks(body).map((text) => text.replaceAll(/\p{C}/gu, ' '))
  return { ok: false, detail: ['not ready', ...failed].join(': ').slice(0, 500) }
}

function failedChecks(body: string): readonly string[] {
  try {
    const { checks } = JSON.parse(body) as { readonly checks: readonly { readonly [name: string]: unknown }[] } // of our own form, or an error
    const named = checks
      .filter(({ ok }) => ok === false)
      .map(({ name, detail }) => `${String(name)}: ${String(detail)}`)
    return named.length > 0 ? [named.join(', ')] : []
  } catch {
    return []
  }
}
