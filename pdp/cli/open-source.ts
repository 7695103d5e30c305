import type { Command } from 'commander'
import { folderSource, type RecordSource } from '../audit/query/record-source.ts'
import { RemoteFault, remoteSource } from './remote-source.ts'
import { exitCodes } from './exit-codes.ts'
import { readGivenFile } from './read-given-file.ts'
import type { Terminal } from './terminal.ts'

/** The flags of a log that is asked over a wire. */
export interface SourceFlags {
  readonly key?: string
  readonly ca?: string
}

/** Where a log is, for the help of commands. */
export const logArgument = 'the folder of a log, or https://HOST:PORT or unix:PATH of an administration listener'

/** Gives a command the flags of a log that is asked over a wire. */
export const withSourceFlags = (command: Command): Command =>
  command
    .option('--key <file>', 'the key of an operator with the role audit:read')
    .option('--ca <file>', 'the authority that the listener is trusted by (PEM)')

export const isRemote = (at: string): boolean => /^(?:https?:\/\/|unix:)/.test(at)

/** Opens a log that the user named; or the exit code, and said why. */
export async function openSource(
  at: string,
  { key, ca }: SourceFlags,
  say: Terminal['say'],
): Promise<RecordSource | number> {
  if (!isRemote(at)) {
    try {
      return folderSource(at)
    } catch (error) {
      return sayLogFault(at, error, say)
    }
  }
  if (/^http:\/\/(?!127\.0\.0\.1[:/]|localhost[:/]|\[::1\][:/])/.test(`${at}/`)) {
    say(`${at}: plain http is for loopback alone: the key would be read on the way`)
    return exitCodes.usage
  }
  const keyFile = key === undefined ? undefined : await readGivenFile(key, say)
  const caFile = ca === undefined ? undefined : await readGivenFile(ca, say)
  if ((key !== undefined && !keyFile) || (ca !== undefined && !caFile)) return exitCodes.failed
  return remoteSource({
    at,
    ...(keyFile && { key: keyFile.toString('latin1').trim() }),
    ...(caFile && { ca: caFile.toString('latin1') }),
  })
}

/** Says why a log cannot be read, and answers the exit code. Anything but a fault of the log is thrown on. */
export function sayLogFault(at: string, error: unknown, say: Terminal['say']): number {
  if (!(error instanceof Error)) throw error
  if (error instanceof RemoteFault) {
    say(`${at}: ${error.message}`)
    return exitCodes.unreachable
  }
  if ('code' in error && typeof error.code === 'string') {
    say(error.code === 'ENOENT' ? `${at}: has no audit log` : `${at}: the log cannot be read (${error.code})`)
    return exitCodes.incomplete
  }
  say(`${at}: ${error.message}`)
  return exitCodes.tampered
}
