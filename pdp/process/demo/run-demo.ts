import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../core/time.ts'
import type { Demo } from './prepare-demo.ts'
import type { Group, Stage } from './scenario/row.ts'
import { runRow } from './scenario/run-row.ts'
import { type GroupResult, type Paint, table } from './scenario/table.ts'
import { startDemo } from './start-demo.ts'

/**
 * - `groups`: what is asked, and what must come of it.
 * - `out`: takes the table. `say`: one line for the operator.
 */
export interface RunDemoParts {
  readonly groups: readonly Group[]
  readonly clock: Clock
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly out: (text: string) => void
  readonly say: (line: string) => void
  readonly paint: Paint
}

/** Starts a demonstration, asks it everything, prints the table. Answers whether every row came out as expected. */
export async function runDemo(demo: Demo, parts: RunDemoParts): Promise<boolean> {
  const { groups, clock, environment, out, say, paint } = parts
  const running = await startDemo(demo, { environment, say })
  const stage: Stage = { world: demo.world, now: clock }
  const results: GroupResult[] = []
  try {
    // single uses of this second could have been claimed before the start, and are refused; no proof is made in it
    await wait(1_000 - (clock() % 1_000))
    for (const { title, rows } of groups) {
      const done = []
      for (const row of rows) done.push(await runRow(row, stage, running.urls.decisions))
      results.push({ title, rows: done })
    }
  } finally {
    const closing = running.close()
    running.hurry() // nobody else asks here
    await closing
  }
  out(table(results, paint))
  return results.every(({ rows }) => rows.every(({ good }) => good))
}
