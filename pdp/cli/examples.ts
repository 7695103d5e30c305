import type { Command } from 'commander'

/** One line for each command, as its help shows it. */
const examples: Readonly<Record<string, string>> = {
  start: '--config sallyport.yaml --set listen.decisions=127.0.0.1:8080',
  'config check': '--config sallyport.yaml',
  'config print': '--sources',
  'config schema': '> sallyport.schema.json',
  'pep add': 'orders-api',
  'operator add': 'auditor --out auditor.key',
  test: 'bundles/orders.yaml --watch',
  init: 'demo',
  validate: 'bundles/orders.yaml',
  fmt: 'policies --check',
  build: 'bundles/orders.yaml',
  check: '--service orders --action read --resource order/42 --attested namespace=shop',
  explain: '--log state/audit --decision 01980c4e-9f2a-7000-8000-000000000000',
  diff: 'released/orders.tar.gz bundles/orders.yaml',
  bench: 'bundles/orders.yaml --rounds 20000',
  keygen: 'signer --algorithm ES384',
  sign: 'bundles/dist/orders.tar.gz --key signer.key --sequence 42 --expires 30d',
  verify: 'bundles/dist/orders.tar.gz --signer signer.pub',
  dev: '--listen 127.0.0.1:7080',
  run: '-- npm test',
  call: 'GET :3000/v1/orders/42 --as shop/checkout --method dpop',
  mint: '--as shop/checkout --method access-token --json',
  'audit verify': 'state/audit --vkey log.vkey',
  'audit heal': 'state/audit --vkey log.vkey',
  'audit rotate-key': 'state',
  'audit prove': 'state/audit 42 --vkey log.vkey > record.proof',
  'audit check': 'record.proof record.json --vkey log.vkey',
  'audit disclose': 'state/audit 42 subject --vkey log.vkey',
  'audit consistency': 'state/audit before.checkpoint --vkey log.vkey',
  'audit query': 'state/audit --effect deny --from 1h',
  'audit tail': 'state/audit --service orders',
  'audit export': 'state/audit --format ocsf',
  'audit replay': 'state/audit --bundle bundles/dist/orders.tar.gz --from 7d',
  revoke: '--subject spiffe://prod.example/ns/shop/sa/checkout --reason "key leaked"',
  unrevoke: '--subject spiffe://prod.example/ns/shop/sa/checkout --reason "key replaced"',
  revocations: '--json',
  'candidate promote': 'orders --reason "compared for a day, as meant"',
  'candidate roll-back': 'orders --reason "denies refunds"',
  'clients list': '--json',
  'clients add': 'billing --service orders',
  'clients disable': 'billing',
  'clients enable': 'billing',
  'keys create': 'billing --method api-key --expires-in 90d',
  'keys list': '--json',
  'keys rotate': 'KEY --expires-in 90d --overlap 24h',
  'keys revoke': 'KEY',
  inspect: 'bundles/dist/orders.tar.gz --signer signer.pub',
  doctor: '--config sallyport.yaml --json',
  top: '--url http://127.0.0.1:7071 --once --json',
  healthcheck: '--url http://127.0.0.1:7071',
}

/** Gives every command that does something its example. */
export function addExamples(command: Command, path: readonly string[] = []): void {
  for (const each of command.commands) {
    const below = [...path, each.name()]
    const example = examples[below.join(' ')]
    if (each.commands.length > 0) addExamples(each, below)
    else if (example !== undefined) each.addHelpText('after', `\nexample: sallyport ${below.join(' ')} ${example}`)
  }
}
