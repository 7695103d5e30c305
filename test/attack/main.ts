import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { instant } from '../../pdp/core/time.ts'
import { catalogue } from './catalogue.ts'
import { judge } from './judge.ts'
import { startPeers } from './peers.ts'
import { foundByPlant, startPlantedTarget } from './planted.ts'
import { forgedTokens, signedTokens } from './rows/tokens.ts'
import { attackAll } from './run.ts'
import { printTable } from './table.ts'
import { startTarget } from './target.ts'

// npm run attack [-- --json]: the catalogue of known attacks on this decision point, and those that are one token on OPA and
// Cerbos too. Ends with 0 if all were refused here, by the check that each is meant for; 2 if the plant was not found.

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
const now = () => instant(Date.now())

const planted = await startPlantedTarget(now)
const missed: string[] = []
for (const attack of [...forgedTokens, ...signedTokens].filter(({ id }) => foundByPlant.includes(id))) {
  if ((await judge(attack, planted, now())).verdict !== 'allowed') missed.push(attack.id)
}
await planted.close()

if (missed.length > 0) {
  console.error(`attack: a gate that believes every token was not found by ${missed.join(', ')}`)
  process.exitCode = 2
} else {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-attack-peers-'))
  const peers = await startPeers(folder)
  const target = await startTarget()
  try {
    const result = await attackAll(catalogue, target, peers, now)
    console.log(values.json ? JSON.stringify(result) : printTable(result))
    process.exitCode = result.good ? 0 : 1
  } finally {
    await target.close()
    for (const peer of peers) if ('target' in peer) await peer.target.close()
    await rm(folder, { recursive: true })
  }
}
