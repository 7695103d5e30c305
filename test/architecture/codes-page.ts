import { type Code, codes, type CodeRow } from '../../pdp/core/codes.ts'
import { refusedReply } from '../../pdp/doors/ext-authz/to-reply.ts'
import { refusedProxyReply } from '../../pdp/doors/http-authz/to-reply.ts'
import { codeAdvice } from './code-advice.ts'

/** The reference page of the codes, made from their table. `npm run docs` writes it. */
export function codesPage(): string {
  const rows = Object.entries(codes) as readonly (readonly [Code, CodeRow])[] // its own keys
  const of = (kind: CodeRow['kind']) => rows.filter(([, row]) => row.kind === kind)
  return `# Codes

This page is made from \`pdp/core/codes.ts\` by \`npm run docs\`; a test fails when the two differ.

A code exists where a reader acts differently. What is finer is a clause, the id of one check, which stands beside the
code in the answer to an enforcement point and in the record. *Retry* says that the same ask may succeed later without a
change by the caller. *Fault* says that the cause is ours or an outage, not the caller and not policy. *gRPC* is a
number of \`google.rpc.Code\`; *challenge* is the error named in \`WWW-Authenticate\`. A problem's \`type\` is
\`urn:sallyport:problem:CODE\`; its place on this page is \`#code\`, in lower case.

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

## Each code

What the client of a guarded service sees, where the enforcement point does as it is told: over **HTTP** by \`respond\` of the
answer, as the SDK does; over **ext_authz** by Envoy; over **http_authz** by NGINX, Traefik, Caddy or Envoy's HTTP mode. A policy may choose
another status for its own denials. Causes, reasons and clauses are never told to the client.

${rows.map(([code, row]) => about(code, row)).join('\n')}`
}

function about(code: Code, row: CodeRow): string {
  const { causes, remedy } = codeAdvice[code]
  return `### ${code}\n\n${capital(row.say)}. ${seen(code, row)}\n\n- **Behind it:** ${causes}\n- **What to do:** ${remedy}\n`
}

function seen(code: Code, { kind, http, error }: CodeRow): string {
  if (code === 'ALLOWED') return 'The request goes on, over every door.'
  const { grpc, http: byEnvoy } = refusedReply({ code })
  const { status: byProxy } = refusedProxyReply({ code })
  const challenge = error === undefined ? '' : ` with \`error="${error}"\``
  const overHttp = kind === 'problem' ? `${http} to the enforcement point` : `${http}${challenge}`
  return `HTTP: ${overHttp}; ext_authz: ${byEnvoy}, \`status.code\` ${grpc}; http_authz: ${byProxy}.`
}

const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1)
const cells = (...texts: readonly string[]) => `| ${texts.join(' | ')} |`
const yes = (is: boolean | undefined) => (is ? 'yes' : '')
const linked = (code: string) => `[\`${code}\`](#${code.toLowerCase()})`

const decisionRow = (code: string, { http, grpc, error, retry, fault, say }: CodeRow) =>
  cells(linked(code), `${http}`, `${grpc}`, error ? `\`${error}\`` : '', yes(retry), yes(fault), say)

const problemRow = (code: string, { http, grpc, retry, say }: CodeRow) =>
  cells(linked(code), `${http}`, `${grpc}`, yes(retry), say)
