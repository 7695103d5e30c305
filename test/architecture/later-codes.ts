import type { Code } from '../../pdp/core/codes.ts'

/** Codes of the table that nothing produces yet, each with its reason. One that is produced must leave this list. */
export const laterCodes: Partial<Record<Code, string>> = {}
