import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { root } from '../../architecture/project.ts'

// JSON schemas as kubeconform wants them: a folder for each version of Kubernetes, a file in it for each kind. Those of
// Kubernetes come from its own description of its API, those of operators from the definitions of their resources.

const peers = join(root, 'build', 'peers')
const published = join(peers, 'kubernetes-schemas', 'kubernetes_validate', 'kubernetes-json-schema')

/** The oldest version that the chart is for. */
export const oldestKubernetes = '1.29.0'
/** That one, and the newest that is known. */
const versions = [`v${oldestKubernetes}`, 'v1.37.0']

const kinds = [
  'configmap-v1',
  'service-v1',
  'serviceaccount-v1',
  'deployment-apps-v1',
  'statefulset-apps-v1',
  'poddisruptionbudget-policy-v1',
  'horizontalpodautoscaler-autoscaling-v2',
  'networkpolicy-networking-v1',
]

/** Writes the schemas below a folder; answers the folder of each version. */
export async function writeKubernetesSchemas(folder: string): Promise<readonly string[]> {
  const resources = await customResources()
  return Promise.all(
    versions.map(async (version) => {
      const into = join(folder, version)
      await mkdir(into)
      for (const name of ['_definitions', ...kinds]) {
        const text = await readFile(join(published, `${version}-local-strict`, `${name}.json`), 'utf8')
        await writeFile(
          join(into, `${name}.json`),
          text.replaceAll('"/api/_definitions.json', `"file://${into}/_definitions.json`),
        )
      }
      for (const [name, schema] of resources) await writeFile(join(into, `${name}.json`), JSON.stringify(schema))
      return into
    }),
  )
}

type Json = Readonly<Record<string, unknown>>

interface Definition {
  readonly spec: {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Json } }[]
  }
}

/** The schemas of custom resources, under the names that kubeconform asks for. */
async function customResources(): Promise<readonly (readonly [string, Json])[]> {
  const files = await readdir(join(peers, 'crds'))
  const texts = await Promise.all(files.map((file) => readFile(join(peers, 'crds', file), 'utf8')))
  const definitions = texts
    .flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Definition | null))
    .filter((definition) => definition !== null)
  return definitions.flatMap(({ spec: { group, names, versions } }) =>
    versions.map(
      ({ name, schema }) =>
        [
          `${names.kind.toLowerCase()}-${group.split('.', 1)[0]}-${name}`,
          strict({
            ...schema.openAPIV3Schema,
            properties: {
              apiVersion: { enum: [`${group}/${name}`] },
              kind: { enum: [names.kind] },
              metadata: { type: 'object' },
              ...(schema.openAPIV3Schema['properties'] as Json),
            },
          }),
        ] as const,
    ),
  )
}

/** The same, where members that are not described are refused, as an API server says under strict validation. */
function strict(schema: Json): Json {
  const { properties, items, additionalProperties } = schema as Readonly<Record<string, Json | undefined>>
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, strict(each as Json)])),
      ...(!open && additionalProperties === undefined && { additionalProperties: false }),
    }),
    ...(items && { items: strict(items) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: strict(additionalProperties) }),
  }
}
