import { dirname } from 'node:path'
import { readLine } from '../../audit/export/stored-line.ts'
import type { Signals } from '../../process/await-end.ts'
import { createRegoToolchain, type RegoToolchain } from '../../rego/toolchain.ts'
import { watchFolders } from '../author/watch-folders.ts'
import { buildBundle, readDefinitionSources } from '../build-bundle.ts'
import { exitCodes } from '../exit-codes.ts'
import { recordText } from '../record-text.ts'
import type { Terminal } from '../terminal.ts'
import { type BuiltDefinition, type DevFlags, type OpenDev, openDev } from './open-dev.ts'

/** `listen`: the address at which decisions are made. */
export type DevCommandFlags = DevFlags & { readonly listen?: string; readonly json?: boolean }

/**
 * `dev`: a decision point over the policies here, that takes each change of them at once; what does not compile, or fails its
 * corpus, is told with its place, and the last good one stays. Prints where it answers; each decision is talk.
 */
export async function devCommand(
  { listen = '127.0.0.1:7070', json = false, ...flags }: DevCommandFlags,
  terminal: Terminal,
  signals: Signals,
): Promise<number> {
  const { out, say } = terminal
  const toolchain = createRegoToolchain()
  const ends: (() => void)[] = []
  let dev: OpenDev | undefined
  const stopped = new Promise<void>((resolve) => signals.onStop(resolve))
  try {
    const recordKept = (line: string) => {
      const record = readLine(line)
      if (record?.['kind'] === 'decision') say(recordText(record))
    }
    dev = await openDev(flags, { decisions: listen, toolchain, recordKept }, terminal)
    const { decisions, services } = dev.session
    if (json) out(`${JSON.stringify({ decisions, services, file: dev.file })}\n`)
    else {
      for (const [name, { pep }] of Object.entries(services))
        out(`${decisions}/authorize/${name}  asked by ${pep}, whose key is in ${dev.file}\n`)
    }
    for (const one of dev.built) ends.push(await watchDefinition(one, dev, toolchain, say))
    say('watching; call your service as somebody: sallyport call GET :3000/PATH --as NAMESPACE/NAME --method dpop')
    await stopped
    return exitCodes.ok
  } catch (error) {
    say(error instanceof Error ? error.message : 'cannot be started: an unknown fault')
    return exitCodes.invalid
  } finally {
    for (const end of ends) end()
    await dev?.close()
    await toolchain.close()
  }
}

async function watchDefinition(
  { definition, bundle }: BuiltDefinition,
  { running }: OpenDev,
  toolchain: RegoToolchain,
  say: Terminal['say'],
): Promise<() => void> {
  const { folders } = await readDefinitionSources(definition)
  return watchFolders([...folders, dirname(definition)], async () => {
    const began = performance.now()
    try {
      const { archive } = await buildBundle(definition, toolchain)
      const { outcome } = await running.pdp.updateBundle(bundle.name, archive) // tells of what it refuses
      const took = `in ${Math.ceil(performance.now() - began)} ms`
      if (outcome === 'activated') say(`bundle \`${bundle.name}\` built and active ${took}`)
      else if (outcome === 'unchanged') say(`bundle \`${bundle.name}\` built ${took}, and is the one that is active`)
    } catch (error) {
      say(error instanceof Error ? error.message : `bundle \`${bundle.name}\` could not be built`)
      say(`bundle \`${bundle.name}\` stays as it was`)
    }
  })
}
