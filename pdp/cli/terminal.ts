/** What a command reaches for: data goes to `out`, talk to `say`, one line each. */
export interface Terminal {
  readonly out: (text: string) => void
  readonly say: (line: string) => void
  /** Whether what is said is read on a terminal; absent where nobody knows. */
  readonly isTerminal?: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
  /** How large it is; absent where what is printed does not go to a terminal. */
  readonly screen?: () => { readonly columns: number; readonly rows: number }
  readonly randomBytes: (length: number) => Uint8Array
}
