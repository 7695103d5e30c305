import type { Builtin } from './builtin.ts'
import { readYaml } from './yaml/read-yaml.ts'
import { writeYaml } from './yaml/write-yaml.ts'

/**
 * `yaml.marshal`, `yaml.unmarshal` and `yaml.is_valid`, as OPA does them with the Go libraries sigs.k8s.io/yaml and
 * yaml.v2: YAML 1.1 words such as `yes`, merge keys, the last of equal keys, and text that may be folded.
 */
export const yaml: readonly Builtin[] = [
  { name: 'yaml.marshal', call: (value) => (value === undefined ? undefined : writeYaml(value)) },
  { name: 'yaml.unmarshal', call: (text) => (typeof text === 'string' ? readYaml(text) : undefined) },
  {
    name: 'yaml.is_valid',
    call(text) {
      if (typeof text !== 'string') return false
      try {
        readYaml(text)
        return true
      } catch {
        return false
      }
    },
  },
]
