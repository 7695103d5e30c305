import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { exitCodes } from '../exit-codes.ts'
import { printRow } from '../print-row.ts'
import type { Terminal } from '../terminal.ts'
import { templates } from './templates.ts'

export interface InitFlags {
  readonly list?: boolean
  readonly template?: string
  readonly json?: boolean
  /** The template `envoy`. */
  readonly envoy?: boolean
}

/** `init`: writes a template into a folder that is empty or not there yet. Never overwrites. */
export async function initCommand(
  folder: string | undefined,
  { list = false, envoy = false, template = envoy ? 'envoy' : undefined, json }: InitFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  if (list) {
    for (const [name, { about }] of Object.entries(templates)) printRow(out, json, { name, about }, `${name}  ${about}`)
    return exitCodes.ok
  }
  const target = folder ?? '.'
  const asked = template ?? basename(target)
  const name = Object.hasOwn(templates, asked) ? asked : 'service'
  if (template !== undefined && template !== name) {
    say(`--template: must be one of ${Object.keys(templates).join(', ')}`)
    return exitCodes.usage
  }
  const there = await readdir(target).catch((): string[] => [])
  if (there.length > 0) {
    say(`${target}: is not empty; name a folder that is not there yet`)
    return exitCodes.failed
  }
  const files = Object.entries(templates[name]?.files() ?? {})
  for (const [path, text] of files) {
    await mkdir(join(target, dirname(path)), { recursive: true })
    await writeFile(join(target, path), text, { flag: 'wx' })
    printRow(out, json, { file: join(target, path) }, join(target, path))
  }
  say(`next: ${folder === undefined ? '' : `cd ${target} && `}sallyport test && sallyport build`)
  return exitCodes.ok
}
