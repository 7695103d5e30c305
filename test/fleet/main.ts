import { parseArgs } from 'node:util'
import { soakFleet } from './soak.ts'

// npm run test:fleet [-- --seconds N --seed S --json]: three instances over one real Redis, random operations, random
// faults, and a checker of what was seen. First it must find each planted fault.

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    json: { type: 'boolean', default: false },
  },
})
const sound = await soakFleet({ seconds: Number(values.seconds), seed: Number(values.seed), json: values.json })
process.exit(sound ? 0 : 1) // not left to Node: it may wait for ever for handles of servers that were killed
