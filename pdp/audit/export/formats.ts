import { cefFormat } from './cef.ts'
import { ecsFormat } from './ecs.ts'
import type { ExportFormat } from './export-format.ts'
import { ocsfFormat } from './ocsf.ts'
import { opaFormat } from './opa.ts'
import { otlpFormat } from './otlp.ts'

/** Every form that records are exported in. */
export const exportFormats: readonly ExportFormat[] = [ocsfFormat, ecsFormat, cefFormat, otlpFormat, opaFormat]
