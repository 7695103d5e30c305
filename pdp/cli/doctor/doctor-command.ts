import { readYaml } from '../../config/read-yaml.ts'
import type { JsonValue } from '../../core/json.ts'
import { exitCodes } from '../exit-codes.ts'
import { readGivenFile } from '../read-given-file.ts'
import { printRow } from '../print-row.ts'
import type { Terminal } from '../terminal.ts'
import { findPlaces } from './envoy-places.ts'
import { envoyRules } from './envoy-rules.ts'

export interface DoctorFlags {
  readonly envoy: string
  readonly json?: boolean
}

/** `doctor --envoy`: looks through a proxy's configuration for ways past the decision point. Fails where it finds one. */
export async function doctorCommand(
  { envoy, json }: DoctorFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const text = await readGivenFile(envoy, say)
  if (!text) return exitCodes.invalid
  const read = readYaml(text.toString('utf8'))
  if (!read.ok) {
    say(`${envoy}: ${read.message}`)
    return exitCodes.invalid
  }
  const places = findPlaces(read.value as JsonValue) // what YAML holds without tags is JSON
  const findings = envoyRules.flatMap(({ name, say: what, find }) =>
    find(places).map((path) => ({ line: lineOf(read.lines, path), name, what })),
  )
  for (const { line, name, what } of findings.toSorted((a, b) => a.line - b.line)) {
    printRow(out, json, { file: envoy, line, rule: name, message: what }, `${envoy}:${line}: ${name}: ${what}`)
  }
  say(findings.length === 0 ? `${envoy}: nothing found by ${envoyRules.length} rules` : `${findings.length} found`)
  return findings.length === 0 ? exitCodes.ok : exitCodes.failed
}

/** The line of a path; of a setting that is absent, that of what should have it. */
function lineOf(lines: ReadonlyMap<string, number>, path: string): number {
  for (let rest = path; rest !== ''; rest = rest.slice(0, Math.max(0, rest.lastIndexOf('.')))) {
    const line = lines.get(rest)
    if (line !== undefined) return line
  }
  return 1
}
