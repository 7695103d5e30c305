import { envoy } from './templates/envoy.ts'
import { service } from './templates/service.ts'

/** Files by their path, to begin with. */
export interface Template {
  readonly about: string
  files(): Readonly<Record<string, string>>
}

/** Templates of `sallyport init` by name. `demo` is the same service under the name that the tutorial uses. */
export const templates: Readonly<Record<string, Template>> = {
  service: { about: 'a service with one policy: who may read and write, by namespace', files: () => service },
  demo: { about: 'the same, as the tutorial has it', files: () => service },
  envoy: { about: 'the same behind an Envoy, with its configuration, to be tried out first', files: envoy },
}
