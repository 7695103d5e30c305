import { createLexer, type Token, type TokenKind } from './lexer.ts'
import { createNode, type Node } from './nodes.ts'

export type Comments = Node<'CommentGroup'> | undefined

/** Tokens with one of them to look at, and the comments that stand before it. Everything throws on a wrong token. */
export interface TokenStream {
  readonly peek: () => Token
  /** The comments before the token that was looked at; undefined once it is taken. */
  readonly comments: () => Comments
  readonly next: () => Token
  /** Takes a token of the kind, or does not. */
  readonly skip: (kind: TokenKind) => boolean
  readonly expect: (kind: TokenKind) => { readonly token: Token; readonly comments: Comments }
  readonly expectKeyword: (word: string) => Comments
  /** Items between two tokens, if the first is there; at least one. Answers the comments before the closing token. */
  readonly some: (open: TokenKind, close: TokenKind, item: () => void) => Comments
  /** The same, possibly none. */
  readonly many: (open: TokenKind, close: TokenKind, item: () => void) => void
}

const maximumDepth = 500

export function createTokenStream(text: string): TokenStream {
  const read = createLexer(text)
  let ahead: Token | undefined
  let before: Comments
  let depth = 0

  function peek(): Token {
    if (ahead) return ahead
    const remarks: Node<'Comment'>[] = []
    let token = read()
    for (; token.kind === 'Comment'; token = read()) remarks.push(createNode('Comment', { Value: token.value }))
    if (remarks.length > 0) before = createNode('CommentGroup', { List: remarks })
    ahead = token
    return token
  }

  function next(): Token {
    const token = peek()
    ahead = undefined
    before = undefined
    return token
  }

  function skip(kind: TokenKind): boolean {
    if (peek().kind !== kind) return false
    next()
    return true
  }

  function between(open: TokenKind, close: TokenKind, item: () => void): { count: number; comments: Comments } {
    if (!skip(open)) return { count: -1, comments: undefined }
    if (++depth > maximumDepth) throw new RangeError('nested too deeply')
    let count = 0
    for (; peek().kind !== close; count++) item()
    depth--
    const comments = before
    next()
    return { count, comments }
  }

  return {
    peek,
    comments: () => before,
    next,
    skip,
    expect(kind) {
      const token = peek()
      const comments = before
      if (token.kind !== kind) throw new Error(`expected ${kind}`)
      next()
      return { token, comments }
    },
    expectKeyword(word) {
      const token = peek()
      const comments = before
      if (token.kind !== 'Name' || token.value !== word) throw new Error(`expected ${word}`)
      next()
      return comments
    },
    some(open, close, item) {
      const { count, comments } = between(open, close, item)
      if (count === 0) throw new Error('expected at least one')
      return comments
    },
    many(open, close, item) {
      between(open, close, item)
    },
  }
}
