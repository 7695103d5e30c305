/** What the exit code of a command says. The same for every command, and kept from version to version. */
export const exitCodes = {
  ok: 0,
  /** Tests or findings failed, or in-flight requests were cut at the end. */
  failed: 1,
  /** What was asked is denied; of `check` alone. */
  denied: 2,
  /** Policy or configuration is not valid, or cannot be used here. */
  invalid: 3,
  /** An audit log is not what was written, lacks something that was, or cannot be judged with this key. */
  tampered: 2,
  incomplete: 3,
  key: 4,
  /** A credential is refused by the first gate. */
  unverifiable: 4,
  /** What a command was to ask does not answer. */
  unreachable: 5,
  usage: 64,
} as const
