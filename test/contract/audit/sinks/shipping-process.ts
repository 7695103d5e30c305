import { readFileSync } from 'node:fs'
import { fileCursor } from '../../../../pdp/audit/sinks/cursor.ts'
import { createSink } from '../../../../pdp/audit/sinks/list.ts'
import { openShippableLog } from '../../../../pdp/audit/sinks/shippable-log.ts'
import { startShipper } from '../../../../pdp/audit/sinks/shipper.ts'
import type { SinkSettings } from '../../../../pdp/audit/sinks/sink-settings.ts'
import { instant } from '../../../../pdp/core/time.ts'
import { timerSchedule } from '../../../../pdp/net/schedule.ts'

// Ships a log until it is killed.

const { settings, folder, cursor } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as {
  readonly settings: SinkSettings
  readonly folder: string
  readonly cursor: string
}
startShipper({
  sink: createSink(settings, { clock: () => instant(Date.now()), random: Math.random, say: () => undefined }),
  cursor: fileCursor(cursor),
  log: openShippableLog(folder),
  mask: (line) => line,
  clock: () => instant(Date.now()),
  schedule: timerSchedule,
  random: Math.random,
  told: () => undefined,
})
process.stdout.write('ships\n')
setInterval(() => undefined, 1_000)
