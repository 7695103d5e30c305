/** The id of a subject that no SVID names: its issuer, and its `sub` there, percent-encoded. */
export const subjectIdOf = (issuer: string, sub: string): string => `${issuer}#${encodeURIComponent(sub)}`
