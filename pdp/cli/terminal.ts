/** What a command reaches for: data goes to `out`, talk to `say`, one line each. */
export interface Terminal {
  readonly out: (text: string) => void
  readonly say: (line: string) => void
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly randomBytes: (length: number) => Uint8Array
}
