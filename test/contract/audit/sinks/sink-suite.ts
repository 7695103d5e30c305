import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fileCursor } from '../../../../pdp/audit/sinks/cursor.ts'
import { createSink } from '../../../../pdp/audit/sinks/list.ts'
import { openShippableLog } from '../../../../pdp/audit/sinks/shippable-log.ts'
import { startShipper } from '../../../../pdp/audit/sinks/shipper.ts'
import { openNote } from '../../../../pdp/audit/tree/note.ts'
import { instant, seconds } from '../../../../pdp/core/time.ts'
import { createManualTime } from '../../../support/manual-time.ts'
import { createSampleLog, type SampleLog } from '../../../unit/audit/tree/sample-log.ts'
import type { Receiver, ReceiverRow } from './receivers.ts'

const shipping = fileURLToPath(new URL('./shipping-process.ts', import.meta.url))
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i)

/** What every sink must do, against a real receiver. */
export function describeSink(row: ReceiverRow): void {
  describe(`the sink ${row.name}`, () => {
    let base = ''
    let log: SampleLog
    let receiver: Receiver
    beforeEach(async () => {
      base = mkdtempSync(join(tmpdir(), 'sink-'))
      log = createSampleLog(base)
      receiver = await row.start(base)
    })
    afterEach(async () => {
      await receiver.close()
      rmSync(base, { recursive: true })
    })
    const grow = (to: number) => {
      const builder = log.open()
      builder.advance(log.growTo(to))
      builder.close()
    }
    const cursorPath = () => join(base, 'sinks', `${row.name}.cursor`)

    function start() {
      const time = createManualTime()
      const told: string[] = []
      const parts = {
        clock: () => instant(1_800_000_000_000),
        random: () => 0.5,
        say: (line: string) => void told.push(line),
      }
      const shipper = startShipper({
        sink: createSink(receiver.settings, parts),
        cursor: fileCursor(cursorPath()),
        log: openShippableLog(log.folder),
        mask: (line) => line,
        clock: parts.clock,
        schedule: time.schedule,
        random: () => 0.5,
        told: parts.say,
      })
      /** Lets time pass until it is so, a second at a time. */
      const until = (check: () => Promise<void> | void) =>
        vi.waitFor(
          async () => {
            time.advance(1)
            await check()
          },
          { timeout: 30_000, interval: 20 },
        )
      return { shipper, time, told, until }
    }

    test('delivers every record once, in order, with a checkpoint of the log that covers it; then what comes', async () => {
      grow(1_500)
      const { shipper, until } = start()
      await until(() => expect(shipper.status().next).toBe(1_500))
      expect(await receiver.seqs()).toEqual(upTo(1_500))
      grow(1_501)
      await until(() => expect(shipper.status().next).toBe(1_501))
      await shipper.close(seconds(1))
      expect(await receiver.seqs()).toEqual(upTo(1_501))
      const notes = (await receiver.checkpoints()).map((note) => openNote(Buffer.from(note), log.signer))
      expect(notes.length).toBeGreaterThan(0)
      expect(notes.every(({ ok }) => ok)).toBe(true)
      expect(fileCursor(cursorPath()).load()).toMatchObject({ next: 1_501 })
    })

    test('what no checkpoint covers is not delivered', async () => {
      grow(3)
      log.growTo(9)
      const { shipper, until } = start()
      await until(() => expect(shipper.status().next).toBe(3))
      await shipper.close(seconds(1))
      expect(await receiver.seqs()).toEqual([0, 1, 2])
    })

    test('ten minutes without its receiver, then exactly what is due, in order', async () => {
      grow(100)
      const before = start()
      await before.until(() => expect(before.shipper.status().next).toBe(100))
      await before.shipper.close(seconds(1))
      await receiver.down()
      grow(700)
      const { shipper, time, told, until } = start()
      await until(() => expect(told.join('\n')).toMatch(/cannot deliver/))
      for (let minute = 0; minute < 10; minute++) {
        time.advance(60)
        grow(700 + minute * 50)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      expect(shipper.status()).toMatchObject({ next: 100, errors: expect.any(Number), problem: expect.any(String) })
      expect(shipper.status().errors).toBeGreaterThan(0)
      expect(told.filter((line) => /cannot deliver/.test(line))).toHaveLength(1)
      await receiver.up()
      await until(() => expect(shipper.status()).toMatchObject({ next: 1_150, size: 1_150, behindSeconds: 0 }))
      expect(shipper.status()).not.toHaveProperty('problem')
      expect(shipper.status().delivered).toBeGreaterThanOrEqual(1_050)
      await shipper.close(seconds(1))
      expect(await receiver.seqs()).toEqual(upTo(1_150))
      expect(told.at(-1)).toMatch(/delivers again/)
    })

    test('killed at any moment it goes on from its cursor: nothing is lost, and order holds', async () => {
      grow(4_000)
      for (const after of [60, 25, 90]) {
        const task = join(base, 'task.json')
        writeFileSync(task, JSON.stringify({ settings: receiver.settings, folder: log.folder, cursor: cursorPath() }))
        const child = spawn(process.execPath, [shipping, task], { stdio: ['ignore', 'pipe', 'inherit'] })
        await once(child.stdout, 'data') // it ships now
        await new Promise((resolve) => setTimeout(resolve, after))
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
      const { shipper, until } = start()
      await until(() => expect(shipper.status().next).toBe(4_000))
      await shipper.close(seconds(1))
      const seqs = await receiver.seqs()
      expect([...new Set(seqs)]).toEqual(upTo(4_000)) // the first of each, in order
      expect(seqs.length).toBeLessThanOrEqual(4_000 + 3 * 512)
    })

    test('a cursor of another log is not gone by', async () => {
      grow(5)
      fileCursor(cursorPath()).save({ origin: 'another.example/audit/0', next: 4 })
      const { shipper, until } = start()
      await until(() => expect(shipper.status().next).toBe(5))
      await shipper.close(seconds(1))
      expect(await receiver.seqs()).toEqual(upTo(5))
      expect(readFileSync(cursorPath(), 'utf8')).toContain('host.example')
    })
  })
}
