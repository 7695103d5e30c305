import { agentRows } from './agent-rows.ts'
import { askingRows } from './asking-rows.ts'
import { callerRows } from './caller-rows.ts'
import { policyRows } from './policy-rows.ts'
import { proofRows } from './proof-rows.ts'
import type { Group } from './row.ts'

/** All that `npm run demo` shows, in this order. */
export const scenario: readonly Group[] = [callerRows, proofRows, policyRows, agentRows, askingRows]
