import { between, type Instant, instant } from '../../core/time.ts'
import type { Fetch } from '../../net/fetch.ts'
import type { Checkpoint } from '../tree/checkpoint.ts'
import { type Hash, toBase64 } from '../tree/merkle-hash.ts'
import { readSignatureLine, splitNote } from '../tree/note.ts'
import type { NoteVerifier } from '../tree/note-key.ts'
import { cosignedAt } from './cosignature.ts'

/** What a witness is asked with. `prove`: that the log of so many records begins that of the checkpoint. `known`: what it cosigned last. */
export interface WitnessQuestion {
  readonly url: string
  readonly key: NoteVerifier
  readonly checkpoint: Checkpoint
  readonly known: number
  readonly prove: (size: number) => readonly Hash[]
  readonly now: Instant
  readonly signal: AbortSignal
}

/** `lines`: its cosignatures, without line ends. `problem`: why there are none; `alarm`: it is not just that it does not answer. */
export type WitnessAnswer =
  | { readonly ok: true; readonly lines: readonly string[] }
  | { readonly ok: false; readonly problem: string; readonly alarm: boolean }

const clockSkewSeconds = 300

/**
 * Asks a witness to cosign a checkpoint (C2SP tlog-witness, add-checkpoint). A witness that says it knows another size is
 * asked once more, with a proof from there. What it answers counts only as cosignatures of its own key over this very
 * checkpoint, of about now.
 */
export async function askWitness(fetch: Fetch, question: WitnessQuestion, retry = true): Promise<WitnessAnswer> {
  const { url, checkpoint, known, prove, signal } = question
  const proof = known === 0 ? [] : prove(known).map(toBase64)
  const body = Buffer.from([`old ${known}`, ...proof, '', checkpoint.note].join('\n'))
  const fetched = await fetch(`${url.replace(/\/$/, '')}/add-checkpoint`, {
    mediaTypes: 'any',
    signal,
    statuses: Object.keys(refusals).map(Number),
    send: { method: 'POST', headers: { 'content-type': 'text/plain; charset=utf-8' }, body },
  })
  if (!fetched.ok) return { ok: false, problem: fetched.fault.detail, alarm: false }
  const { status, body: answer } = fetched.value
  if (status === 200) return readCosignatures(Buffer.from(answer).toString(), question)
  if (status !== 409) return { ok: false, problem: refusals[status] ?? '', alarm: status === 422 }
  const size = readSize(Buffer.from(answer).toString())
  if (size === undefined)
    return { ok: false, problem: 'it says that it knows another size, and not which', alarm: false }
  if (size > checkpoint.size) {
    const problem = `it cosigned ${size} records, and the log has ${checkpoint.size}: the log went back, or another has its name`
    return { ok: false, problem, alarm: true }
  }
  if (size === known && size === checkpoint.size)
    return { ok: false, problem: 'it cosigned another log of this name and size', alarm: true }
  return retry
    ? askWitness(fetch, { ...question, known: size }, false)
    : { ok: false, problem: 'it says each time that it knows another size', alarm: false }
}

/** What each status says, in our words; those that are none of the protocol's are not taken at all. */
const refusals: Readonly<Record<number, string>> = {
  200: '',
  400: 'it does not understand the request',
  403: 'it does not know the key of the log',
  404: 'it does not know the log',
  409: '',
  422: 'the log is not consistent with what it cosigned before',
  429: 'it is asked too often',
}

function readCosignatures(answer: string, { key, checkpoint, now }: WitnessQuestion): WitnessAnswer {
  const lines = answer.endsWith('\n') ? answer.slice(0, -1).split('\n').map(readSignatureLine) : []
  const text = splitNote(Buffer.from(checkpoint.note))?.text
  const wrong = (problem: string): WitnessAnswer => ({ ok: false, problem, alarm: true })
  if (
    lines.length === 0 ||
    lines.length > maximumLines ||
    text === undefined ||
    !lines.every((line) => line !== undefined)
  )
    return wrong('it answered no cosignatures')
  const own = lines.flatMap((line) => {
    const at = cosignedAt(text, line, key)
    return at === undefined ? [] : [{ line: line.line, at }]
  })
  if (own.length === 0) return wrong('none of its cosignatures is by its key, over this checkpoint')
  const timely = own.filter(({ at }) => Math.abs(between(now, instant(at * 1000))) <= clockSkewSeconds)
  return timely.length > 0
    ? { ok: true, lines: timely.map(({ line }) => line) }
    : wrong(`its clock differs by more than ${clockSkewSeconds} s`)
}

const maximumLines = 16

function readSize(answer: string): number | undefined {
  const [, digits] = /^(0|[1-9][0-9]{0,15})\n$/.exec(answer) ?? []
  const size = Number(digits)
  return digits !== undefined && Number.isSafeInteger(size) ? size : undefined
}
