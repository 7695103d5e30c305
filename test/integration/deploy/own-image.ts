import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../architecture/project.ts'
import type { ImageParts } from './compose.ts'
import { dockerfileText, instructions, readDockerfile } from './dockerfile.ts'

/** The project's own image, with the folders mounted that the Dockerfile copies: image.test.ts is what builds it. */
export function ownImage(): ImageParts {
  const stage = readDockerfile(dockerfileText).stages?.at(-1)
  if (!stage) throw new Error('no stage')
  const [kind, ...healthcheck] = instructions(stage, 'healthcheck')[0]?.is.Health.Test ?? []
  if (kind !== 'CMD') throw new Error('its health check needs a shell')
  const compiled = '/compile-cache-of-containers' // of its own, since what is kept there goes by paths
  mkdirSync(join(root, 'build', compiled), { recursive: true })
  chmodSync(join(root, 'build', compiled), 0o777)
  return {
    programs: { node: process.execPath },
    mounts: [
      { source: join(root, 'build', compiled), target: compiled, readOnly: false },
      ...['pdp', 'node_modules', 'package.json', 'build/rego.wasm'].map((name) => ({
        source: join(root, name),
        target: `/app/${name}`,
        readOnly: true,
      })),
    ],
    environment: {
      NODE_COMPILE_CACHE: compiled,
      ...Object.fromEntries(
        instructions(stage, 'env').flatMap(({ is }) => is.Env.map(({ Key, Value }) => [Key, Value])),
      ),
    },
    user: instructions(stage, 'user')[0]?.is.User ?? '',
    entrypoint: instructions(stage, 'entrypoint').flatMap(({ is }) => is.CmdLine),
    command: instructions(stage, 'cmd').flatMap(({ is }) => is.CmdLine),
    healthcheck,
  }
}

/** An image that is a program alone. */
export const programImage = (name: string, path: string): ImageParts => ({
  programs: { [name]: path },
  mounts: [],
  environment: {},
  user: '0:0',
  entrypoint: [`/usr/local/bin/${name}`],
  command: [],
})

export const envoyImage = programImage('envoy', join(root, 'build', 'peers', 'envoy', 'envoy', '_bin', 'envoy'))
