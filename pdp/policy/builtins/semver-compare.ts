import type { Builtin } from './builtin.ts'
import { compareSemver, readSemver } from './semver.ts'

/** `semver.compare`: -1, 0 or 1 as the first version is older than, equal to or newer than the second. */
export const semverCompare: Builtin = {
  name: 'semver.compare',
  call(first, second) {
    if (typeof first !== 'string' || typeof second !== 'string') return undefined
    const [a, b] = [readSemver(first), readSemver(second)]
    return a && b && compareSemver(a, b)
  },
}
