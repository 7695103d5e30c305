import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { configJsonSchema } from '../../pdp/config/schema.ts'
import { root } from './project.ts'

/** Where the chart says which values it takes, from the root. */
export const chartSchemaFile = 'deploy/helm/sallyport/values.schema.json'

/**
 * The same with the configuration's schema as it is now in `$defs.config`: the rest is written by hand. So Helm refuses a
 * setting that the process would. `npm run docs` writes it.
 */
export function chartSchema(): string {
  const written = JSON.parse(readFileSync(join(root, chartSchemaFile), 'utf8')) as {
    readonly $defs: Readonly<Record<string, unknown>>
  } // of ours
  const { $schema: _, ...config } = configJsonSchema()
  return `${JSON.stringify({ ...written, $defs: { ...written.$defs, config } }, null, 2)}\n`
}
