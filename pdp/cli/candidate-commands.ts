import type { Command } from 'commander'
import type { CandidateAct } from '../admin/candidates.ts'
import { type AdminFlags, callAdmin } from './admin-client.ts'
import type { Does } from './does.ts'
import { exitCodes } from './exit-codes.ts'
import { withAdminFlags } from './revocation-commands.ts'
import type { Terminal } from './terminal.ts'

interface CandidateFlags extends AdminFlags {
  readonly reason: string
  readonly json?: boolean
}

const acts = [
  ['promote', 'make the candidate of a bundle the active one, without waiting for more asks'],
  ['roll-back', 'give up the candidate of a bundle; the active one stays'],
] as const

/** Adds `candidate`, by which operators settle what is tried beside an active bundle. */
export function addCandidateCommands(program: Command, does: Does, terminal: Terminal): void {
  const candidate = program.command('candidate').description('settle a bundle that is tried beside the active one')
  for (const [act, description] of acts)
    withAdminFlags(candidate.command(`${act} <bundle>`))
      .description(description)
      .requiredOption('--reason <text>', 'why, for the record')
      .option('--json', 'print the answer as JSON')
      .action(does((bundle: string, flags: CandidateFlags) => candidateCommand(act, bundle, flags, terminal)))
}

async function candidateCommand(
  act: CandidateAct,
  bundle: string,
  flags: CandidateFlags,
  terminal: Terminal,
): Promise<number> {
  const body = { bundle, act, reason: flags.reason }
  const answer = await callAdmin(flags, { path: '/v1/candidates', body }, terminal)
  if (!answer) return exitCodes.unreachable
  if (flags.json) terminal.out(`${JSON.stringify(answer.body)}\n`)
  const told = answer.body as { detail?: string; revision?: string }
  if (answer.status !== 200) {
    terminal.say(`refused: ${told.detail ?? `status ${answer.status}`}`)
    return exitCodes.invalid
  }
  if (!flags.json) terminal.out(`${act === 'promote' ? 'active' : 'rolled back'}: ${bundle} ${told.revision ?? ''}\n`)
  return exitCodes.ok
}
