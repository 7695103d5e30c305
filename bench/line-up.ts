import { join } from 'node:path'
import { createCerbos } from './contenders/cerbos.ts'
import type { Contender } from './contenders/contender.ts'
import { createOpa } from './contenders/opa.ts'
import { createSallyport } from './contenders/sallyport.ts'
import { prepareCerbos, prepareOpa } from './peers/prepare-peers.ts'

/** Ours first, then the peers that can be had, each with its log and without. Says which cannot. */
export function lineUp(folder: string): readonly [Contender, ...Contender[]] {
  const peers = [
    { prepared: prepareOpa(), create: createOpa, name: 'opa' },
    { prepared: prepareCerbos(), create: createCerbos, name: 'cerbos' },
  ].flatMap(({ prepared, create, name }) => {
    if (prepared.ok)
      return [true, false].map((logs) => create(prepared.binary, join(folder, `${name}${logs ? '-log' : ''}`), logs))
    console.log(prepared.missing)
    return []
  })
  return [createSallyport(join(folder, 'sallyport')), ...peers]
}

/** How a contender is called in the result. */
export const titleOf = ({ name, detail }: Contender): string => `${name} (${detail})`
