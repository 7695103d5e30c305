/** Of the file beside the log with the newest checkpoint that a quorum of witnesses cosigned. */
export const witnessedName = 'checkpoint.witnessed'
