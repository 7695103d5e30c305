import type { Fact } from '../core/caller.ts'
import { ok, type Result } from '../core/result.ts'
import type { ReadPath } from './path-template.ts'

/** What configuration knows about a trust domain. */
export interface DomainFacts {
  readonly environment?: string
  readonly readPath?: ReadPath
}

/** The facts that an SVID of any form proves: the environment of its trust domain, and what its path says. */
export function readSvidFacts(path: string, { environment, readPath }: DomainFacts): Result<readonly Fact[]> {
  const configured: readonly Fact[] =
    environment === undefined ? [] : [{ name: 'environment', value: environment, source: 'config' }]
  const fromPath = readPath?.(path) ?? ok([])
  return fromPath.ok ? ok([...configured, ...fromPath.value]) : fromPath
}
