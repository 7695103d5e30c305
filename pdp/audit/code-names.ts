import { type Code, codes } from '../core/codes.ts'

/** Every code, as schemas list them. */
export const codeNames = Object.keys(codes) as Code[] // the keys of a table whose members are known
