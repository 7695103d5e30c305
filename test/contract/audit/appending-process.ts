import { dirname, join } from 'node:path'
import { openFileLog } from '../../../pdp/audit/file-log.ts'
import { instant } from '../../../pdp/core/time.ts'
import { startTreeThread } from '../../../pdp/audit/tree/tree-thread.ts'
import { decisionRecord, stamp } from '../../unit/audit/sample-records.ts'

// The process that crash.test.ts kills: appends without end, and says each receipt on its standard output as
// `<id> <seq>`, one a line, only after it came. Beside it the tree is built, much more often than a server does it.
// Arguments: path, durability, the number of the first record.

const [path, durability, first] = process.argv.slice(2)
if (!path || (durability !== 'written' && durability !== 'synced')) throw new Error('usage: path written|synced first')

const log = await openFileLog({ path, durability, stamp, segmentBytes: 200_000 })
const folder = dirname(path)
const keys = join(folder, '..', 'keys')
await startTreeThread({
  places: { log: path, folder: join(folder, 'tree'), signed: join(keys, 'audit-log.signed') },
  key: join(keys, 'audit-log.key'),
  host: 'host.example',
  extent: log.extent,
  now: () => instant(0),
  everyMs: 3,
  report: (reason) => process.stderr.write(`${reason}\n`),
})
let n = Number(first)
process.stdout.write('open\n')

async function client() {
  for (;;) {
    const { record, seq } = await log.append(decisionRecord(n++))
    process.stdout.write(`${record} ${seq}\n`) // a pipe: written before the call returns
  }
}
await Promise.all(Array.from({ length: 16 }, client))
