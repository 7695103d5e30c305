import type { Signals } from '../../../process/await-end.ts'
import { exitCodes } from '../../exit-codes.ts'
import type { Terminal } from '../../terminal.ts'
import { findHealthPlace, type HealthFlags } from '../health-place.ts'
import { draw } from './draw.ts'
import type { Rates } from './reckon.ts'
import { openScreen, plainScreen, type Screen } from './screen.ts'
import { type Look, watchRates } from './watch-rates.ts'

export interface TopFlags extends HealthFlags {
  readonly interval?: string
  readonly once?: boolean
  readonly json?: boolean
}

/**
 * `top`: what a decision point does now, of its metrics: again and again on a terminal until a signal says to stop; otherwise a
 * block, or with `json` a line, for each interval. `once`: one interval. The terminal is left as it was.
 */
export async function topCommand(flags: TopFlags, terminal: Terminal, signals: Signals): Promise<number> {
  const { interval = '2', once = false, json = false } = flags
  const seconds = Number(interval)
  if (!/^\d{1,4}(?:\.\d)?$/.test(interval) || seconds < 0.1) {
    terminal.say('--interval: must be seconds, 0.1 at least')
    return exitCodes.usage
  }
  const where = await findHealthPlace(flags, terminal)
  if (typeof where === 'number') return where
  const stopped = new AbortController()
  signals.onStop(() => stopped.abort())
  signals.onReload(() => stopped.abort()) // SIGHUP: the terminal is gone
  const looks = watchRates(where, seconds * 1_000, stopped.signal)
  if (!once && !json && terminal.screen) return onScreen(looks, where, openScreen(terminal.out, terminal.screen))
  return inTurn(looks, where, { once, json }, terminal)
}

const heading = (where: string, more = ''): string => `sallyport top   ${where}   ${new Date().toISOString()}${more}`

/** Shows each look in place of the one before, whatever it came to. */
async function onScreen(looks: AsyncIterable<Look>, where: string, screen: Screen): Promise<number> {
  try {
    for await (const look of looks) {
      if (look.kind === 'rates') screen.show(blockOf(where, look, screen))
      else screen.show([heading(where), look.kind === 'first' ? 'the first numbers follow' : look.why])
    }
    return exitCodes.ok
  } finally {
    screen.end()
  }
}

/** Prints each look after the one before; where one fails, ends. */
async function inTurn(
  looks: AsyncIterable<Look>,
  where: string,
  { once, json }: { readonly once: boolean; readonly json: boolean },
  { out, say }: Terminal,
): Promise<number> {
  const screen = plainScreen(out)
  for await (const look of looks) {
    if (look.kind === 'fault') {
      say(`${where}: ${look.why}`)
      return exitCodes.unreachable
    }
    if (look.kind === 'first') continue
    if (json) out(`${JSON.stringify({ at: new Date().toISOString(), seconds: look.seconds, ...told(look.rates) })}\n`)
    else screen.show(blockOf(where, look, screen))
    if (once) break
  }
  return exitCodes.ok
}

const blockOf = (where: string, { rates, seconds }: Look & { readonly kind: 'rates' }, screen: Screen) => [
  heading(where, `   in ${seconds.toFixed(1)} s`),
  ...draw(rates, screen.columns()),
]

/** JSON has no infinity: an age without end is left out, as is what is not told. */
const told = (rates: Rates): object =>
  JSON.parse(
    JSON.stringify(rates, (_, value: unknown) => (value === Number.POSITIVE_INFINITY ? undefined : value)),
  ) as object // it was one
