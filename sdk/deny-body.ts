import type { Decision } from './decision.ts'

/** The media type of {@link denyBody}. */
export const denyType = 'application/problem+json'

/** What a caller is told of a deny (RFC 9457): the status, and the decision to name when asking its operator. No reasons. */
export const denyBody = ({ respond: { status }, id }: Decision): string =>
  JSON.stringify({ title: titles.get(status) ?? 'Denied', status, ...(id !== '' && { decision_id: id }) })

const titles: ReadonlyMap<number, string> = new Map([
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [429, 'Too Many Requests'],
  [500, 'Internal Server Error'],
  [503, 'Service Unavailable'],
])
