import { write } from 'node:fs'
import type { Sink } from '../../seams.ts'
import { checkpointLine, linesOf } from './encode-batch.ts'
import type { SettingsOf } from './sink-settings.ts'

const again = 20 // milliseconds until a pipe that is full is tried again

/** Lines on standard output, or another descriptor; each batch ends with the checkpoint that covers it. */
export function createStdoutSink({ format }: SettingsOf<'stdout'>, descriptor = 1): Sink {
  return {
    async deliver(batch, signal) {
      const bytes = Buffer.from([...linesOf(batch, format), checkpointLine(batch), ''].join('\n'))
      for (let at = 0; at < bytes.length; ) {
        // what was begun is written to its end, or the next batch would go on within a line
        if (at === 0) signal.throwIfAborted()
        at += await writeSome(descriptor, bytes.subarray(at))
      }
    },
    close: async () => undefined,
  }
}

/** Writes what fits; a reader that is slow is waited for. */
function writeSome(descriptor: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, 0, bytes.length, null, (error, written) => {
      if (!error) resolve(written)
      else if (error.code === 'EAGAIN') setTimeout(() => resolve(0), again)
      else reject(error)
    })
  })
}
