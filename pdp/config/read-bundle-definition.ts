import { parseDocument } from 'yaml'
import { z } from 'zod'

const schema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  /** Folders of Rego and `data.json`, relative to the definition. */
  policies: z.array(z.string().min(1)).min(1),
  entrypoints: z.array(z.string().min(1)).min(1),
  /** What the bundle owns of `data`. */
  roots: z.array(z.string().min(1)).min(1),
  /** What its manifest says of it, for readers; `sallyport` in it is ours. */
  metadata: z
    .record(z.string(), z.json())
    .refine((metadata) => !Object.hasOwn(metadata, 'sallyport'), 'must not have the member `sallyport`')
    .default({}),
  /** Folders of examples, relative to the definition: what the bundle must answer before it may become active. */
  corpus: z.array(z.string().min(1)).default([]),
  /** Public keys, relative to the definition: who signs it. `sign` takes no other key, `verify` asks for one of these. */
  signer: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional(),
})

/** `bundles/<name>.yaml`: what goes into a bundle. */
export type BundleDefinition = z.output<typeof schema>

/** Reads the text of a bundle definition. Throws what is wrong with it, for its author. */
export function readBundleDefinition(text: string): BundleDefinition {
  const document = parseDocument(text, { uniqueKeys: true })
  const [error] = document.errors
  if (error) throw new Error(`bundle definition is not readable as YAML: ${error.message}`)
  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 0 }))
  if (!parsed.success) throw new Error(`bundle definition: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}
