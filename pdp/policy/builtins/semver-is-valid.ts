import type { Builtin } from './builtin.ts'
import { readSemver } from './semver.ts'

/** `semver.is_valid`: false for what is no text too. */
export const semverIsValid: Builtin = {
  name: 'semver.is_valid',
  call: (version) => typeof version === 'string' && readSemver(version) !== undefined,
}
