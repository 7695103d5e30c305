import { codes, type CodeRow } from '../../pdp/core/codes.ts'

/** The reference page of the codes, made from their table. `npm run docs` writes it. */
export function codesPage(): string {
  const rows: readonly (readonly [string, CodeRow])[] = Object.entries(codes)
  const of = (kind: CodeRow['kind']) => rows.filter(([, row]) => row.kind === kind)
  return `# Codes

This page is made from \`pdp/core/codes.ts\` by \`npm run docs\`; a test fails when the two differ.

A code exists where a reader acts differently. What is finer is a clause, the id of one check, which stands beside the
code in the answer to an enforcement point and in the record. *Retry* says that the same ask may succeed later without a
change by the caller. *Fault* says that the cause is ours or an outage, not the caller and not policy. *gRPC* is a
number of \`google.rpc.Code\`; *challenge* is the error named in \`WWW-Authenticate\`.

## Decisions

Answers to an ask that was decided. The HTTP status is the one for the caller of the guarded service.

| code | HTTP | gRPC | challenge | retry | fault | public text |
|---|---|---|---|---|---|---|
${of('decision')
  .map(([code, row]) => decisionRow(code, row))
  .join('\n')}

## Problems

Answers to a request that was refused before it became an ask. The HTTP status is the one for the enforcement point.

| code | HTTP | gRPC | retry | public text |
|---|---|---|---|---|
${of('problem')
  .map(([code, row]) => problemRow(code, row))
  .join('\n')}
`
}

const cells = (...texts: readonly string[]) => `| ${texts.join(' | ')} |`
const yes = (is: boolean | undefined) => (is ? 'yes' : '')

const decisionRow = (code: string, { http, grpc, error, retry, fault, say }: CodeRow) =>
  cells(`\`${code}\``, `${http}`, `${grpc}`, error ? `\`${error}\`` : '', yes(retry), yes(fault), say)

const problemRow = (code: string, { http, grpc, retry, say }: CodeRow) =>
  cells(`\`${code}\``, `${http}`, `${grpc}`, yes(retry), say)
