import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ImageParts } from './compose.ts'
import { type Container, startContainer } from './container.ts'

// A pod without a kubelet: its containers in one network of their own, each as its manifest says: user, root, mounts.

export interface PodContainer {
  readonly name: string
  readonly args?: readonly string[]
  readonly securityContext: {
    readonly runAsUser: number
    readonly runAsGroup: number
    readonly readOnlyRootFilesystem: boolean
  }
  readonly volumeMounts: readonly {
    readonly name: string
    readonly mountPath: string
    readonly subPath?: string
    readonly readOnly?: boolean
  }[]
}

export interface PodVolume {
  readonly name: string
  readonly emptyDir?: object
  readonly configMap?: { readonly name: string }
  readonly secret?: { readonly secretName: string; readonly defaultMode: number }
}

type Files = Readonly<Record<string, string | Uint8Array>>

/** `files`: of ConfigMaps and secrets, by name. `images`: by the name of the container. */
export interface PodParts {
  readonly containers: readonly PodContainer[]
  readonly volumes: readonly PodVolume[]
  readonly fsGroup: number
  readonly files: Readonly<Record<string, Files>>
  readonly images: Readonly<Record<string, ImageParts>>
}

export interface Pod {
  readonly containers: ReadonlyMap<string, Container>
  remove(): Promise<void>
}

const ip = (...args: readonly string[]) => promisify(execFile)('ip', args)

/** Starts the containers, one after the other. */
export async function startPod({ containers, volumes, fsGroup, files, images }: PodParts): Promise<Pod> {
  const work = await mkdtemp(join(tmpdir(), 'sallyport-pod-'))
  await chmod(work, 0o755)
  const network = `spp${process.pid}`
  const started = new Map<string, Container>()
  const remove = async () => {
    for (const container of started.values()) await container.signal('SIGKILL').catch(() => undefined)
    await Promise.all([...started.values()].map((container) => container.ended()))
    await ip('netns', 'del', network).catch(() => undefined)
    await rm(work, { recursive: true })
  }
  const folderOf = (volume: string) => join(work, 'volumes', volume)
  try {
    for (const volume of volumes) await fill(volume, folderOf(volume.name), fsGroup, files)
    await ip('netns', 'add', network)
    await ip('-n', network, 'link', 'set', 'lo', 'up')
    for (const { name, args, securityContext, volumeMounts } of containers) {
      const image = images[name]
      if (!image) throw new Error(`no image of ${name}`)
      const container = await startContainer({
        root: join(work, 'roots', name),
        readOnly: securityContext.readOnlyRootFilesystem,
        user: `${securityContext.runAsUser}:${securityContext.runAsGroup}`,
        environment: image.environment,
        programs: image.programs,
        mounts: [
          ...image.mounts,
          ...volumeMounts.map(({ name, mountPath, subPath = '', readOnly = false }) => ({
            source: join(folderOf(name), subPath),
            target: mountPath,
            readOnly,
          })),
        ],
        command: [...image.entrypoint, ...(args ?? image.command)],
        within: ['/usr/sbin/ip', 'netns', 'exec', network],
      })
      started.set(name, container)
    }
    return { containers: started, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

/** A volume as the kubelet makes it: of the pod's group, and a secret's files for that alone. */
async function fill(volume: PodVolume, folder: string, group: number, files: PodParts['files']): Promise<void> {
  await mkdir(folder, { recursive: true })
  await chown(folder, 0, group)
  await chmod(folder, volume.emptyDir ? 0o2777 : 0o2755)
  if (volume.emptyDir) return
  const name = volume.secret?.secretName ?? volume.configMap?.name ?? ''
  const content = files[name]
  if (!content) throw new Error(`volume ${volume.name}: there is no ${name}`)
  for (const [file, bytes] of Object.entries(content)) {
    await writeFile(join(folder, file), bytes)
    await chown(join(folder, file), 0, group)
    await chmod(join(folder, file), volume.secret?.defaultMode ?? 0o644)
  }
}
