import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { root } from '../../architecture/project.ts'
import { contextPaths, dockerfileText, instructions, readDockerfile, type Stage } from './dockerfile.ts'

// The image of the Dockerfile, without the registry's images that it begins with: each stage's instructions are followed in
// a folder of their own, over the programs of this machine; what is there in the end is what the image adds to its base.

/** A folder with what the last stage has, and what it says of how to run it. */
export interface Image {
  readonly folder: string
  readonly stage: Stage
  readonly environment: Readonly<Record<string, string>>
  readonly user: string
  readonly command: readonly string[]
  readonly healthcheck: readonly string[]
  remove(): Promise<void>
}

/** The programs that are in its base. */
export const imagePrograms = { node: process.execPath } as const

export async function buildImage(): Promise<Image> {
  const work = await mkdtemp(join(tmpdir(), 'sallyport-image-'))
  const context = join(work, 'context')
  for (const path of contextPaths()) await cp(join(root, path), join(context, path), { recursive: true })
  const { stages } = readDockerfile(dockerfileText)
  const folders = new Map<string, string>()
  for (const [i, stage] of (stages ?? []).entries()) {
    const folder = join(work, String(i))
    folders.set(stage.name, folder)
    await follow(stage, folder, context, folders)
  }
  const stage = stages?.at(-1)
  if (!stage) throw new Error('no stage')
  return {
    ...runOf(stage),
    folder: join(work, String(folders.size - 1)),
    stage,
    remove: () => rm(work, { recursive: true }),
  }
}

/** What a stage says of how to run it. Every command has a form that needs no shell. */
function runOf(stage: Stage): Pick<Image, 'environment' | 'user' | 'command' | 'healthcheck'> {
  const given = [...instructions(stage, 'entrypoint'), ...instructions(stage, 'cmd')].map(({ is }) => is)
  const [kind, ...healthcheck] = instructions(stage, 'healthcheck')[0]?.is.Health.Test ?? []
  if (kind !== 'CMD' || given.some(({ PrependShell }) => PrependShell)) throw new Error('a command needs a shell')
  return {
    environment: Object.fromEntries(
      instructions(stage, 'env').flatMap(({ is }) => is.Env.map(({ Key, Value }) => [Key, Value])),
    ),
    user: instructions(stage, 'user').at(-1)?.is.User ?? '0:0',
    command: given.flatMap(({ CmdLine }) => CmdLine),
    healthcheck,
  }
}

async function follow(
  stage: Stage,
  folder: string,
  context: string,
  folders: ReadonlyMap<string, string>,
): Promise<void> {
  await mkdir(folder)
  let workdir = '/'
  for (const { name, is } of stage.commands) {
    if (name === 'workdir') {
      workdir = resolve(workdir, is.Path)
      await mkdir(join(folder, workdir), { recursive: true })
    }
    if (name === 'copy') {
      const from = is.From === '' ? context : folders.get(is.From)
      if (from === undefined) throw new Error(`no stage ${is.From}`)
      for (const source of is.SourcePaths)
        await copy(join(from, source), folder, resolve(workdir, is.DestPath), is.DestPath)
    }
    if (name === 'run') await runIn(folder, workdir, is.CmdLine.join('\n'))
  }
}

/** A folder's content goes to the place, a file into it where that ends in a slash. Files are linked: none is written to. */
async function copy(source: string, folder: string, place: string, written: string): Promise<void> {
  const into = written.endsWith('/') && !source.endsWith('/') ? join(place, basename(source)) : place
  await mkdir(dirname(join(folder, into)), { recursive: true })
  await promisify(execFile)('cp', ['--recursive', '--link', '--no-target-directory', source, join(folder, into)])
}

/** Runs a command as a build would, with the programs of this machine: what it writes is the stage's own, and caches. */
async function runIn(folder: string, workdir: string, command: string): Promise<void> {
  const home = homedir()
  const bound = ['/usr', '/dev', home]
  const own = ['/etc', '/usr/local'] // of the machine and of the stage, in one
  const script = [
    'set -e',
    'cd "$STAGE"; mkdir -p etc usr/local proc tmp',
    'mkdir -p "$STAGE.merged" "$STAGE.work/etc" "$STAGE.work/local" && mount --bind "$STAGE" "$STAGE.merged"',
    ...bound.map((path) => `mkdir -p "$STAGE.merged${path}"; mount --rbind ${path} "$STAGE.merged${path}"`),
    'for name in bin sbin lib lib64; do [ -e "$STAGE.merged/$name" ] || ln -s "usr/$name" "$STAGE.merged/$name"; done',
    'mount -o remount,bind,ro "$STAGE.merged/usr"',
    ...own.map(
      (path) =>
        `mount -t overlay overlay -o "lowerdir=${path},upperdir=$STAGE${path},workdir=$STAGE.work/${basename(path)}" "$STAGE.merged${path}"`,
    ),
    'mkdir -p "$STAGE.merged/usr/local/bin"; : >>"$STAGE.merged/usr/local/bin/node"',
    'mount --bind "$NODE" "$STAGE.merged/usr/local/bin/node"', // the first of the path
    'mount -t proc proc "$STAGE.merged/proc"; mount -t tmpfs tmpfs "$STAGE.merged/tmp"',
    'exec chroot "$STAGE.merged" /bin/sh -ec "cd $WORKDIR; $COMMAND"',
  ].join('\n')
  await promisify(execFile)('/usr/bin/unshare', ['--mount', '/bin/sh', '-c', script], {
    env: {
      ...process.env,
      PATH: `/usr/local/sbin:/usr/local/bin:/usr/local/go/bin:/usr/sbin:/usr/bin:/sbin:/bin:${process.env['PATH']}`,
      HOME: home,
      STAGE: folder,
      WORKDIR: workdir,
      COMMAND: command,
      NODE: process.execPath,
    },
    maxBuffer: 16 << 20,
  })
}
