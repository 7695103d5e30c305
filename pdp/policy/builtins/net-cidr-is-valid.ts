import type { Builtin } from './builtin.ts'
import { readCidr } from './cidr.ts'

/** `net.cidr_is_valid`: false for what is no text too. */
export const netCidrIsValid: Builtin = {
  name: 'net.cidr_is_valid',
  call: (cidr) => typeof cidr === 'string' && readCidr(cidr) !== undefined,
}
