/** `fetch`, or what behaves like it: of a runtime, over a Unix socket, or instrumented. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** What came back: the status, the text where it is JSON, and how long to wait before another ask. */
export interface Posted {
  readonly status: number
  readonly text: string | undefined
  readonly retryAfter: string | undefined
}

const maximumBytes = 1_048_576

/** Sends JSON and reads the answer, of at most 1 MiB. Redirects are not followed: whoever is asked next would see all of it. */
export async function post(
  fetch: Fetch,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<Posted> {
  const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' })
  const isJson = /^application\/(?:problem\+)?json\s*(?:;|$)/i.test(response.headers.get('content-type') ?? '')
  const wait = response.headers.get('retry-after')
  return {
    status: response.status,
    text: isJson ? await readText(response) : undefined,
    retryAfter: wait !== null && /^\d{1,6}$/.test(wait) ? wait : undefined,
  }
}

/** The body, or `undefined` where it is longer than it may be. */
async function readText(response: Response): Promise<string | undefined> {
  const said = response.headers.get('content-length')
  const plain = response.headers.get('content-encoding') === null // else the length is that of what is packed
  if (said !== null && plain && Number(said) <= maximumBytes) return response.text()
  const body: ReadableStream<Uint8Array> | null = response.body
  if (body === null) return ''
  const decoder = new TextDecoder()
  let [text, bytes] = ['', 0]
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.byteLength
    if (bytes > maximumBytes) {
      void reader.cancel().catch(() => {})
      return undefined
    }
    text += decoder.decode(value, { stream: true })
  }
}
