import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Instant } from '../../../core/time.ts'
import { createOwnSvids } from '../../../process/own-svids.ts'
import { loadTls } from '../../../process/held-files.ts'
import { configuredFiles } from './configured-files.ts'
import { type Examined, type Finding, reasonOf } from './finding.ts'
import { judgeValidity } from './judge-validity.ts'

const pem = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/** Certificates of files: our own and those of authorities, until when; and whether ours and its key fit together. */
export async function examineCertificates(examined: Examined): Promise<readonly Finding[]> {
  const now = examined.clock()
  const files = configuredFiles(examined.config).filter(({ holds }) => holds === 'certificates')
  const found = await Promise.all(
    files.map(async ({ at, path }) => {
      const text = await readFile(path, 'utf8').catch(() => undefined) // that it cannot be read, `files` tells
      return text === undefined ? [] : [judge(`${at} ${path}`, text, now)]
    }),
  )
  return [...found.flat(), ...(await examineOwn(examined, now))]
}

/** What listeners show: files that fit together, or what an agent gives. */
async function examineOwn({ config, environment }: Examined, now: Instant): Promise<readonly Finding[]> {
  if (config.tls === undefined || config.tls === 'off') return []
  const svids = createOwnSvids()
  try {
    const held = await loadTls(config, { environment, svids })
    return held === undefined || !('spiffe' in config.tls) ? [] : [judge('tls.spiffe', String(held.cert), now)]
  } catch (error) {
    const todo = 'put a certificate and its own key there, or look at the agent'
    return [{ id: 'certificates', about: 'tls', verdict: 'fail', detail: reasonOf(error), todo }]
  } finally {
    svids.close()
  }
}

/** The certificate of a text that ends first. */
function judge(about: string, text: string, now: Instant): Finding {
  const what = { id: 'certificates', about }
  const read = (text.match(pem) ?? []).map(readOne)
  const [first] = read
    .filter((each) => each !== undefined)
    .toSorted((a, b) => Number(a.validToDate) - Number(b.validToDate))
  return !first || read.includes(undefined)
    ? { ...what, verdict: 'fail', detail: 'holds no certificate, or what is none', todo: 'put PEM there' }
    : judgeValidity(what, first, now)
}

function readOne(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text)
  } catch {
    return undefined
  }
}
