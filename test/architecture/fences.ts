/** One block of code on a page. */
export interface Fence {
  readonly page: string
  /** The line on which its content begins, from 1. */
  readonly line: number
  /** The first word behind the backticks, which editors colour by; empty where there is none. */
  readonly language: string
  /** The words behind it: what a test does with the block. */
  readonly words: readonly string[]
  readonly text: string
}

/** The blocks of code of a page, in order, without the indentation that they stand under. */
export function fencesOf(page: string, text: string): readonly Fence[] {
  return [...text.matchAll(/^( *)(`{3,})([^\n`]*)\n([^]*?)^\1\2 *$/gm)].map((found) => {
    const [, indent = '', , info = '', body = ''] = found
    const [language = '', ...words] = info.trim().split(/ +/)
    const line = text.slice(0, found.index).split('\n').length + 1
    return { page, line, language, words, text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), '') }
  })
}
