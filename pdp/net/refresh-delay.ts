import { type Seconds, seconds } from '../core/time.ts'

const shortest = 1

/**
 * How long to wait before the next refresh: `every` ±10 % while all is well; after `failures` in a row 1, 2, 4, … s, at
 * most `every`, of which half is left to chance. So instances that started, or failed, together do not go on together.
 * `random` answers from 0 to 1, 1 excluded.
 */
export function refreshDelay(failures: number, every: Seconds, random: () => number): Seconds {
  if (failures === 0) return seconds(every * (0.9 + 0.2 * random()))
  const backOff = Math.min(every, shortest * 2 ** (failures - 1))
  return seconds(backOff * (0.5 + 0.5 * random()))
}
