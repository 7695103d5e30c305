import { EventEmitter } from 'node:events'
import type { Command } from 'commander'
import { createProgram } from '../../../pdp/cli/main.ts'
import { catchSignals } from '../../../pdp/process/await-end.ts'
import { read } from '../../architecture/project.ts'

const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> }
const quiet = {
  out: () => undefined,
  say: () => undefined,
  environment: {},
  randomBytes: (n: number) => new Uint8Array(n),
}
const program = createProgram(() => async () => undefined, quiet, catchSignals(new EventEmitter()))

/** What commands of ours in a text of shell say that does not exist: commands, flags, npm scripts. */
export const unknownInShell = (text: string): readonly string[] =>
  commandsOf(text).flatMap(([name = '', ...words]) => {
    if (name === 'sallyport') return unknownToProgram(program, words)
    if (name !== 'npm') return []
    const script = words[0] === 'run' ? words.find((word) => word !== 'run' && !word.startsWith('-')) : words[0]
    const ofNpm = words[0] !== 'run' && ['ci', 'install', 'i', 'pack', 'exec'].includes(script ?? '')
    return ofNpm || Object.hasOwn(scripts, script ?? '') ? [] : [`npm ${words.join(' ')}: there is no such script`]
  })

/** Whether a text has commands of ours at all. */
export const hasCommands = (text: string): boolean =>
  commandsOf(text).some(([name = '']) => name === 'sallyport' || name === 'npm')

function unknownToProgram(command: Command, words: readonly string[]): readonly string[] {
  const [first = '', ...rest] = words
  const below = command.commands.find((one) => one.name() === first)
  if (below) return unknownToProgram(below, rest)
  const path = pathOf(command)
  if (command.commands.length > 0 && first !== '' && !first.startsWith('-'))
    return [`${path} ${first}: no such command`]
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words
  const flags = own.filter((word) => /^-{1,2}[a-z]/.test(word)).map((word) => word.split('=')[0] ?? '')
  const known = [...command.options.flatMap(({ long, short }) => [long, short]), '--help', '-h']
  return flags.filter((flag) => !known.includes(flag)).map((flag) => `${path} ${flag}: no such flag`)
}

const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()

/** Simple commands of a text: each as its words, without redirections, comments and variables set before it. */
function commandsOf(text: string): readonly (readonly string[])[] {
  const lines = text.replaceAll(/\\\n */g, ' ').split('\n')
  return lines.flatMap((line) => {
    const simple: string[][] = [[]]
    const tokens = line.matchAll(
      /(?:"(?:[^"\\]|\\.)*"|'[^']*'|\$\(|[^\s"'|&;()<>#]|(?<=\S)#)+|&&|\|\||[|&;()]|[<>]+ *\S+|#.*/g,
    )
    for (const [token] of tokens) {
      if (token.startsWith('#')) break
      if (/^(?:&&|\|\||[|&;()])$/.test(token)) simple.push([])
      else if (!/^[<>]/.test(token))
        simple.at(-1)?.push(...token.split('$(').map((part) => part.replaceAll(/^["']|["']$/g, '')))
    }
    return simple
      .map((words) => words.slice(words.findIndex((word) => !/^(?:\w+=.*)?$/.test(word))))
      .filter(([name]) => name)
  })
}
