import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { flipEveryByte, flipForPython, type Flips, ownVerifier } from './flip-every-byte.ts'
import { makeLog } from './make-log.ts'

// npm run test:audit-tamper [-- --json]: every byte of every file of a small log is flipped in turn, and of a log with
// full tiles every seventh byte of its tree; both verifiers must find each flip in the very file. With --json the last
// line is {"flips","missed"}.

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })

const every: Flips = { of: () => true, stride: 1, first: 0 }
const rest: Flips = { of: () => true, stride: 61, first: 5 }
const tree: Flips = { of: (path) => path.startsWith('tree/'), stride: 7, first: 0 }

const works = [
  { name: 'a log of 12 records', records: 12, which: every, segmentBytes: undefined, pruned: false },
  { name: 'a log of 12 records in several files', records: 12, which: every, segmentBytes: 3_000, pruned: false },
  {
    name: 'a log of 600 records of which the oldest were pruned',
    records: 600,
    which: rest,
    segmentBytes: 60_000,
    pruned: true,
  },
  { name: 'the tree of 300 records', records: 300, which: tree, segmentBytes: undefined, pruned: false },
] as const

let flips = 0
const missed: string[] = []
for (const { name, records, which, segmentBytes, pruned } of works) {
  const base = mkdtempSync(join(tmpdir(), 'audit-tamper-'))
  try {
    const log = await makeLog(base, records, { segmentBytes, pruned })
    for (const [verifier, flipped] of [
      ['sallyport', flipEveryByte(log, which, ownVerifier)],
      ['verify.py', flipForPython(log, which)],
    ] as const) {
      console.log(`${name}, ${verifier}: ${flipped.flips} flips, ${flipped.missed.length} missed`)
      flips += flipped.flips
      missed.push(...flipped.missed.map((place) => `${verifier}: ${place}`))
    }
  } finally {
    rmSync(base, { recursive: true })
  }
}
for (const place of missed.slice(0, 20)) console.log(`missed by ${place}`)
console.log(values.json ? JSON.stringify({ flips, missed: missed.length }) : `${flips} flips, ${missed.length} missed`)
process.exitCode = missed.length === 0 ? 0 : 1
