import { numberOf } from '../value.ts'
import { multiply, readBigFloat, truncate } from './big-float.ts'
import type { Builtin } from './builtin.ts'
import { lowerUnit, readAmount } from './read-amount.ts'

/** `units.parse_bytes`: an amount such as `10GB` or `1.5MiB` in whole bytes, towards zero, reckoned in 64 bits. */
export const unitsParseBytes: Builtin = {
  name: 'units.parse_bytes',
  call(text) {
    const amount = typeof text === 'string' ? readAmount(lowerUnit(text).replaceAll('"', '')) : undefined
    const factor = amount && factors.get(amount.unit)
    const number = amount && readBigFloat(amount.number)
    if (factor === undefined || number === undefined) return undefined
    return numberOf(String(truncate(multiply(number, factor))))
  },
}

const factors: ReadonlyMap<string, bigint> = new Map([
  ['', 1n],
  ...['k', 'm', 'g', 't', 'p', 'e'].flatMap((letter, i): readonly (readonly [string, bigint])[] => {
    const decimal = 1000n ** BigInt(i + 1)
    const binary = 1024n ** BigInt(i + 1)
    return [
      [letter, decimal],
      [`${letter}b`, decimal],
      [`${letter}i`, binary],
      [`${letter}ib`, binary],
    ]
  }),
])
