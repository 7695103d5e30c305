import type { LogProblem } from '../audit/verify/report.ts'
import { exitCodes } from './exit-codes.ts'

const codeOf = { tampered: exitCodes.tampered, incomplete: exitCodes.incomplete, key: exitCodes.key } as const
const worstFirst = ['tampered', 'key', 'incomplete'] as const

/** The exit code for what was found: the worst of it. */
export function auditExitCode(problems: readonly LogProblem[]): number {
  const worst = worstFirst.find((kind) => problems.some((problem) => problem.kind === kind))
  return worst === undefined ? exitCodes.ok : codeOf[worst]
}

/** One line about a problem. */
export const problemLine = ({ file, kind, detail }: LogProblem): string => `${file}: ${detail} (${kind})`
