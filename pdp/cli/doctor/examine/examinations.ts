import { examineAsked } from './asked.ts'
import { examineBundles } from './bundles.ts'
import { examineCertificates } from './certificates.ts'
import { examineClock } from './clock.ts'
import { examineDisk } from './disk.ts'
import { examineFiles } from './files.ts'
import type { Examination } from './finding.ts'
import { examineLimits } from './limits.ts'
import { examinePorts } from './ports.ts'
import { examineRedis } from './redis.ts'
import { examineTrust } from './trust.ts'

/** Every kind of look, in the order in which findings are printed. */
export const examinations: readonly Examination[] = [
  { id: 'trust', examine: examineTrust },
  { id: 'asked', examine: examineAsked },
  { id: 'certificates', examine: examineCertificates },
  { id: 'bundles', examine: examineBundles },
  { id: 'redis', examine: examineRedis },
  { id: 'clock', examine: examineClock },
  { id: 'disk', examine: examineDisk },
  { id: 'ports', examine: examinePorts },
  { id: 'files', examine: examineFiles },
  { id: 'limits', examine: examineLimits },
]
