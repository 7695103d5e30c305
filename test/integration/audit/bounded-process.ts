import { dirname, join } from 'node:path'
import { openFileLog } from '../../../pdp/audit/file-log.ts'
import { instant } from '../../../pdp/core/time.ts'
import { startTreeThread } from '../../../pdp/audit/tree/tree-thread.ts'
import { eventRecord, stamp } from '../../unit/audit/sample-records.ts'
import { bareRecord } from '../../unit/audit/sample-records.ts'

// The process that syscall-faults.test.ts injects faults into: appends so many records, one after the other, with a
// checkpoint in the middle and at the end, and says each receipt on its standard output as `<id> <seq>`.
// Arguments: path, durability, how many records.

const [path, durability, count] = process.argv.slice(2)
if (!path || (durability !== 'written' && durability !== 'synced')) throw new Error('usage: path written|synced count')

const log = await openFileLog({ path, durability, stamp, segmentBytes: 2_000 })
const keys = join(dirname(path), '..', 'keys')
const thread = await startTreeThread({
  places: { log: path, folder: join(dirname(path), 'tree'), signed: join(keys, 'audit-log.signed') },
  key: join(keys, 'audit-log.key'),
  host: 'host.example',
  extent: log.extent,
  now: () => instant(0),
  everyMs: 5,
  report: () => undefined,
})
for (let n = 0; n < Number(count); n++) {
  const record = n % 5 === 4 ? eventRecord('admin', n) : bareRecord(n)
  await log.append(record).then(
    ({ record, seq }) => process.stdout.write(`${record} ${seq}\n`), // a pipe: written before the call returns
    () => undefined,
  )
  for (let wait = 0; n === 5 && wait < 100 && thread.status().size < log.extent().records; wait++)
    await new Promise((resolve) => setTimeout(resolve, 5))
}
await log.close()
await thread.close(5_000)
process.stdout.write('ended\n')
