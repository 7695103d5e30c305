import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { root } from '../../architecture/project.ts'

// A Dockerfile as BuildKit itself reads it (test/peers/dockerfile): the instructions that ours has, and no others.

const pair = z.object({ Key: z.string(), Value: z.string() })
const shell = z.object({ CmdLine: z.array(z.string()), PrependShell: z.boolean() })

const command = z.discriminatedUnion('name', [
  z.object({ name: z.literal('workdir'), is: z.object({ Path: z.string() }) }),
  z.object({
    name: z.literal('copy'),
    is: z.object({ SourcePaths: z.array(z.string()), DestPath: z.string(), From: z.string(), Chown: z.literal('') }),
  }),
  z.object({ name: z.literal('run'), is: shell }),
  z.object({ name: z.literal('env'), is: z.object({ Env: z.array(pair) }) }),
  z.object({ name: z.literal('label'), is: z.object({ Labels: z.array(pair) }) }),
  z.object({ name: z.literal('user'), is: z.object({ User: z.string() }) }),
  z.object({ name: z.literal('volume'), is: z.object({ Volumes: z.array(z.string()) }) }),
  z.object({ name: z.literal('expose'), is: z.object({ Ports: z.array(z.string()) }) }),
  z.object({ name: z.literal('stopsignal'), is: z.object({ Signal: z.string() }) }),
  z.object({ name: z.literal('healthcheck'), is: z.object({ Health: z.object({ Test: z.array(z.string()) }) }) }),
  z.object({ name: z.literal('entrypoint'), is: shell }),
  z.object({ name: z.literal('cmd'), is: shell }),
])

const read = z.object({
  refused: z.string().optional(),
  warnings: z.array(z.string()),
  stages: z.array(z.object({ name: z.string(), base: z.string(), commands: z.array(command) })).nullable(),
})

export type Dockerfile = z.output<typeof read>
export type Stage = NonNullable<Dockerfile['stages']>[number]
export type Instruction = Stage['commands'][number]

export const dockerfileText = readFileSync(join(root, 'Dockerfile'), 'utf8')

/** Reads a Dockerfile. Throws where it has an instruction that is not listed here. */
export function readDockerfile(text: string): Dockerfile {
  const program = join(root, 'build', 'peers', 'dockerfile-peer')
  return read.parse(JSON.parse(execFileSync(program, { input: text, encoding: 'utf8' })))
}

/** The instructions of a kind in a stage. */
export const instructions = <Name extends Instruction['name']>(stage: Stage, name: Name) =>
  stage.commands.filter((each): each is Extract<Instruction, { name: Name }> => each.name === name)

/** What the build's context is: the paths that `.dockerignore` lets in again after it left out everything. */
export function contextPaths(): readonly string[] {
  const [first, ...rest] = readFileSync(join(root, '.dockerignore'), 'utf8').trim().split('\n')
  if (first !== '*' || !rest.every((line) => /^![A-Za-z0-9./-]+$/.test(line)))
    throw new Error('.dockerignore: must be * and then the names that are let in')
  return rest.map((line) => line.slice(1))
}
