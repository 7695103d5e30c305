import { parseDocument } from 'yaml'
import { z } from 'zod'

const schema = z.strictObject({
  /** Changes after which a policy decides as before, and why. */
  equivalent: z.array(z.strictObject({ name: z.string().min(1), reason: z.string().min(1) })),
})

/** `mutants.yaml` beside a policy: what its author knows of changes that no test can notice. */
export type KnownMutants = z.output<typeof schema>

/** Reads the text of a `mutants.yaml`. Throws what is wrong with it, for its author. */
export function readKnownMutants(text: string): KnownMutants {
  const document = parseDocument(text, { uniqueKeys: true })
  const [error] = document.errors
  if (error) throw new Error(`mutants.yaml is not readable as YAML: ${error.message}`)
  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 0 }))
  if (!parsed.success) throw new Error(`mutants.yaml: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}
