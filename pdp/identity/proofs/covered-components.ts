/** Components that say what another says: each list, covered whole, stands for the one it is listed under. */
const equivalents: Readonly<Record<string, readonly (readonly string[])[]>> = {
  '@target-uri': [
    ['@authority', '@request-target'],
    ['@authority', '@path', '@query'],
  ],
  '@request-target': [['@target-uri'], ['@path', '@query']],
  '@path': [['@target-uri'], ['@request-target']],
  '@query': [['@target-uri'], ['@request-target']],
  '@authority': [['@target-uri']],
}

/** Headers that a signature covers whenever they are there, whatever is configured: they say who calls, and with what. */
const alwaysCovered = ['authorization', 'workload-identity-token', 'content-digest', 'txn-token']

/**
 * The first component that a signature must cover and does not; undefined if it covers all. A derived component must be
 * covered, a header where the request has it. `covered` are those without parameters.
 */
export function uncovered(
  covered: ReadonlySet<string>,
  required: readonly string[],
  isPresent: (header: string) => boolean,
): string | undefined {
  const covers = (name: string) =>
    covered.has(name) || (equivalents[name] ?? []).some((list) => list.every((each) => covered.has(each)))
  return [...required, ...alwaysCovered].find((name) => (name.startsWith('@') || isPresent(name)) && !covers(name))
}
