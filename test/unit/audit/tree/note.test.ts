import { describe, expect, test } from 'vitest'
import { openCheckpoint, signCheckpoint } from '../../../../pdp/audit/tree/checkpoint.ts'
import { hashLeaf } from '../../../../pdp/audit/tree/merkle-hash.ts'
import { openNote, signNote } from '../../../../pdp/audit/tree/note.ts'
import { makeNoteSigner, readNoteSigner, readNoteVerifier } from '../../../../pdp/audit/tree/note-key.ts'

const signer = makeNoteSigner(() => 'host.example/audit/a')
const namesake = makeNoteSigner(() => 'host.example/audit/a')
const other = makeNoteSigner(() => 'witness.example')
const head = { size: 7, root: hashLeaf(Buffer.from('x')) }
const { note } = signCheckpoint(head, signer)

describe('keys', () => {
  test('are read as they were written', () => {
    expect(readNoteSigner(signer.skey)?.vkey).toBe(signer.vkey)
    expect(readNoteVerifier(signer.vkey)).toMatchObject({ name: 'host.example/audit/a', id: signer.id })
  })

  // the key of PeterNeumann in the documentation of golang.org/x/mod/sumdb/note
  test('a key of another implementation', () => {
    const vkey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
    expect(readNoteVerifier(vkey)).toMatchObject({ name: 'PeterNeumann', id: 'c74f20a3', vkey })
    const theirs =
      'If you think cryptography is the answer to your problem,\nthen you don’t know what your problem is.\n\n' +
      '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'
    const verifier = readNoteVerifier(vkey) ?? expect.unreachable('a key')
    expect(openNote(Buffer.from(theirs.replace('’', "'")), verifier)).toMatchObject({ ok: true })
    expect(openNote(Buffer.from(theirs), verifier)).toEqual({ ok: false, fault: 'signature' })
  })

  test.for([
    ['another id', signer.vkey.replace(signer.id, '00000000')],
    ['another name', signer.vkey.replace('host', 'hose')],
    ['no name', signer.vkey.replace('host.example/audit/a', '')],
    ['another type', signer.vkey.replace(/\+A/, '+B')],
    ['a secret key', signer.skey],
    ['nothing', ''],
  ] as const)('no key: %s', ([, text]) => {
    expect(readNoteVerifier(text)).toBeUndefined()
    expect(readNoteSigner(text === signer.skey ? signer.vkey : text)).toBeUndefined()
  })
})

describe('checkpoints', () => {
  test('are opened with their key, whoever else signed them', () => {
    expect(openCheckpoint(Buffer.from(note), signer)).toEqual({ ok: true, checkpoint: { ...head, note } })
    const text = note.slice(0, note.indexOf('\n\n') + 1)
    const cosigned = note + signNote(text, other).slice(text.length + 1)
    expect(openCheckpoint(Buffer.from(cosigned), signer)).toMatchObject({ ok: true })
  })

  test.for([
    ['signed by another', openCheckpoint(Buffer.from(note), other), 'unsigned'],
    ['signed by a key of the same name', openCheckpoint(Buffer.from(note), namesake), 'unsigned'],
    ['another size', openCheckpoint(Buffer.from(note.replace('\n7\n', '\n8\n')), signer), 'signature'],
    [
      'another origin',
      openCheckpoint(Buffer.from(signNote(`else\n7\n${'A'.repeat(43)}=\n`, signer)), signer),
      'origin',
    ],
    ['no tree head', openCheckpoint(Buffer.from(signNote('host.example/audit/a\n', signer)), signer), 'form'],
    ['no signature', openCheckpoint(Buffer.from('host.example/audit/a\n7\n'), signer), 'form'],
    ['a control character', openCheckpoint(Buffer.from(note.replace('\n7', '\r\n7')), signer), 'form'],
  ] as const)('refused: %s', ([, opened, fault]) => {
    expect(opened).toEqual({ ok: false, fault })
  })

  test('every bit of every byte matters', () => {
    const bytes = Buffer.from(note)
    for (let i = 0; i < bytes.length; i++)
      for (let bit = 0; bit < 8; bit++) {
        const flipped = Buffer.from(bytes)
        flipped[i] = (bytes[i] ?? 0) ^ (1 << bit)
        expect(openCheckpoint(flipped, signer), `byte ${i}, bit ${bit}`).toMatchObject({ ok: false })
      }
  })
})
