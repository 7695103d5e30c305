/** Says what is wrong with a log that is not gone on with. `what` quotes nothing of the file. */
export const damaged = (what: string): Error =>
  new Error(`the audit log is damaged: ${what}; keep the folder as evidence, and start with another`)
