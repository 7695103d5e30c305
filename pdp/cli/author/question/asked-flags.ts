import type { Command } from 'commander'

/** What of a question is given by flags; it stands in the place of what a file says. `[name, value]` are repeatable. */
export interface AskedFlags {
  readonly service?: string
  readonly environment?: string
  readonly subject?: string
  readonly action?: string
  readonly resource?: string
  readonly attested?: readonly string[]
  readonly assurance?: readonly string[]
  readonly context?: readonly string[]
  readonly request?: string
}

/** Adds the flags to a command. */
export const withAskedFlags = (command: Command): Command =>
  command
    .option('--service <name>', 'the service that is asked about (default: the name of the definition)')
    .option('--environment <name>', 'its environment')
    .option('--subject <id>', 'the id of the caller')
    .option('--action <name>', 'what it wants to do')
    .option('--resource <type/id>', 'and with what')
    .option('--attested <name=value...>', 'facts that are proved, such as namespace=shop')
    .option('--assurance <name=value...>', 'how well the caller is proved, such as level=2')
    .option('--context <name=value...>', 'what the asker says, such as region=eu')
    .option('--request <request>', 'method and path that a proxy received: "GET /v1/orders/42"')
