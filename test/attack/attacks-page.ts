import { catalogue } from './catalogue.ts'
import { type Coverage, coverage } from './coverage.ts'

/** The reference page of known attacks, made from catalogue and coverage. `npm run docs` writes it. */
export function attacksPage(): string {
  const total = Object.values(catalogue).flat().length
  return `# Known attacks

This page is made from \`test/attack\` by \`npm run docs\`; a test fails when the two differ.

What was done to verifiers of credentials before, by CVE, advisory or RFC, is tried on every change: ${total} attacks, each through
\`POST /authorize\` of a decision point composed as its users compose it, each beside a *twin* that differs in the named defect
alone and must be allowed, or the row proves nothing. A row says code and clause, so that an attack that is refused for
another reason fails the test too. A gate that believes what tokens say must be found first.

\`\`\`
npm run attack [-- --json]
\`\`\`

makes the same attacks on this decision point and, where one token is all there is to it, on the OPA server and Cerbos beside it,
and prints ALLOW or DENY for each. OPA checks tokens with \`io.jwt.decode_verify\` and the constraints \`cert\`, \`alg\` and \`aud\`,
and demands \`exp\` in its policy; Cerbos with a key set of its own for \`auxData.jwt\`, and \`aud\` in its policy. \`n/a\` is what
they do not verify themselves: proofs of possession, certificates, what proxies forward, and where a token stands. A rule
written for it could refuse some of that there; the table is of what each verifies when it is set up as documented.

A *forged* token is made by whoever can read another or a public key. The second table of \`npm run attack\` is of tokens that
their issuer signed all the same: not well-formed, or for another use. To accept one of those is laxness, and not yet a
forgery. On 2026-11-22 OPA 1.19.1 and Cerbos 0.55.0 refused every forged token, as this decision point did.

## What is covered

| known | attacks made | other tests |
|---|---|---|
${Object.entries(coverage)
  .map(([known, covered]) => lineOf(known, covered))
  .join('\n')}

## The attacks

| on | attack | known from | refused with |
|---|---|---|---|
${Object.entries(catalogue)
  .flatMap(([on, attacks]) =>
    attacks.map(({ name, source, code, clause }) => cells(on, name, source, `${code} \`${clause}\``)),
  )
  .join('\n')}
`
}

const cells = (...texts: readonly string[]) => `| ${texts.join(' | ')} |`

function lineOf(known: string, covered: Coverage): string {
  if ('notTaken' in covered) return cells(known, 'none can be', covered.notTaken)
  const files = [...new Set((covered.tests ?? []).map(({ file }) => `\`${file.replace(/^test\//, '')}\``))]
  return cells(known, 'rows' in covered ? `${covered.rows.length}` : '', files.join(', '))
}
