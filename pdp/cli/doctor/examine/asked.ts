import { readFile } from 'node:fs/promises'
import type { IssuerAnchor } from '../../../compose/trust.ts'
import { createFetch } from '../../../net/fetch.ts'
import { anyStatus } from './any-status.ts'
import { codeOf, type Examined, type Finding } from './finding.ts'

interface Asked {
  readonly url: string
  readonly ca?: string
  readonly allowPrivate: boolean
}

/**
 * Who is asked about tokens: introspection endpoints, and API servers of clusters. Only whether they answer, by a GET that shows
 * no credential; any status will do.
 */
export const examineAsked = ({ config, signal }: Examined): Promise<readonly Finding[]> =>
  Promise.all(
    config.trust
      .flatMap((anchor) => ('issuer' in anchor ? askedOf(anchor) : []))
      .map((asked) => examineOne(asked, signal)),
  )

function askedOf({ introspection, review, allow_private: allowPrivate }: IssuerAnchor): readonly Asked[] {
  return [
    ...(introspection ? [{ url: introspection.endpoint, allowPrivate }] : []),
    ...(review ? [{ url: `${review.server}/version`, ca: review.ca.slice('file:'.length), allowPrivate }] : []),
  ]
}

async function examineOne({ url, ca, allowPrivate }: Asked, signal: AbortSignal): Promise<Finding> {
  const what = { id: 'asked', about: url }
  const todo = 'tokens that it is asked about are refused: look at the address, its certificate, and allow_private'
  try {
    const fetch = createFetch({
      ...(allowPrivate && { privateOrigins: [new URL(url).origin] }),
      ...(ca !== undefined && { ca: await readFile(ca, 'utf8') }),
    })
    const answer = await fetch(url, { mediaTypes: 'any', statuses: anyStatus, signal })
    return answer.ok
      ? { ...what, verdict: 'ok', detail: 'answers' }
      : { ...what, verdict: 'fail', detail: answer.fault.detail, todo }
  } catch (error) {
    return { ...what, verdict: 'fail', detail: codeOf(error), todo }
  }
}
