import { numberOf } from '../value.ts'
import { type Builtin, perDecision } from './builtin.ts'
import { intOperand } from './int-operand.ts'

/** `rand.intn`: an integer from 0 to below |n|, the same for the same name and n within a decision. */
export const randIntn: Builtin = perDecision('rand.intn', (context, name, n) => {
  const given = intOperand(n)
  if (typeof name !== 'string' || given === undefined) return undefined
  if (given === 0n) return 0
  const below = given < 0n ? -given : given
  const bytes = context.bytes(`intn\0${name}-${below}`, 32) // so many bytes that the rest of the division is even
  return numberOf(String(BigInt(`0x${Buffer.from(bytes).toString('hex')}`) % below))
})
