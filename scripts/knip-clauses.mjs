// A knip preprocessor: lists of clauses are exported for the architecture test, which finds them by the end of their
// name and imports their files by path. Nothing else is left out.
export default function withoutClauses(results) {
  for (const issues of Object.values(results.issues.exports)) {
    for (const name of Object.keys(issues).filter((symbol) => symbol.endsWith('Clauses'))) {
      delete issues[name]
      results.counters.exports--
      results.counters.total--
    }
  }
  return results
}
