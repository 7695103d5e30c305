import type { Instant } from '../../core/time.ts'
import { curlLines } from './curl-lines.ts'
import type { DemoWorld } from './world.ts'

/** Where a demonstration answers. */
export interface DemoUrls {
  readonly decisions: string
  readonly health: string
}

/**
 * What a demonstration prints when it answers. It holds keys and tokens, as nothing else that is printed does: they are
 * made for this process, which forgets them.
 */
export function welcome(world: DemoWorld, { decisions, health }: DemoUrls, now: Instant): string {
  const calls = curlLines(world, decisions, now).flatMap(({ expect, line }, i) => [`# ${i + 1}. ${expect}`, line, ''])
  return [
    'Sallyport, a demonstration: keys and records are in memory and end with this process.',
    '',
    `  decisions  ${decisions}/authorize/orders`,
    `  health     ${health}/readyz?verbose`,
    `  metrics    ${health}/metrics`,
    '',
    'Paste into another terminal; good for an hour. The header is the asking service, the body is what its caller sent.',
    '',
    ...calls,
    'Each answer leaves a record:',
    '',
  ].join('\n')
}
