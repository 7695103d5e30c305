import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { flipEveryByte, flipForPython, type Flips, ownVerifier } from './flip-every-byte.ts'
import { makeLog } from './make-log.ts'

// npm run test:audit-tamper [-- --json]: every byte of every file of a small log is flipped in turn, and of larger logs,
// with full tiles and pruned ones, bytes evenly spread; both verifiers must find each flip in the very file. Each has a copy
// of its own, and they run side by side. With --json the last line is {"flips","missed"}.

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })

const every: Flips = { of: () => true, stride: 1, first: 0 }
const rest: Flips = { of: () => true, stride: 487, first: 5 }
const tree: Flips = { of: (path) => path.startsWith('tree/'), stride: 61, first: 0 }

const works = [
  { name: 'a log of 6 records', records: 6, which: every, segmentBytes: undefined, pruned: false },
  { name: 'a log of 6 records in several files', records: 6, which: every, segmentBytes: 1_000, pruned: false },
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
    const log = await makeLog(join(base, 'log'), records, { segmentBytes, pruned })
    const folder = join(base, 'copy')
    cpSync(log.folder, folder, { recursive: true })
    const python = flipForPython({ ...log, folder }, which)
    for (const [verifier, flipped] of [
      ['sallyport', flipEveryByte(log, which, ownVerifier)],
      ['verify.py', await python],
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
