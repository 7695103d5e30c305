import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { read, root } from './project.ts'

/**
 * What is wrong with the relative links of a page: a file or folder that is not there, or an anchor that no heading of the
 * page has that it leads to. Anchors of files that are no Markdown (lines of code) are not looked at.
 */
export function brokenLinks(text: string, path: string): readonly string[] {
  return linksOf(text).flatMap((link) => {
    const [file = '', anchor] = link.split('#')
    const target = file === '' ? path : normalize(join(dirname(path), file))
    if (file !== '' && !existsSync(join(root, target))) return [`${link}: is not there`]
    if (anchor === undefined || !target.endsWith('.md')) return []
    return anchorsOf(file === '' ? text : read(target)).includes(anchor) ? [] : [`${link}: has no such heading`]
  })
}

/** Targets of relative links, in the text and in definitions of references; not those inside of code. */
export function linksOf(text: string): readonly string[] {
  const prose = withoutFences(text).replaceAll(/`[^`\n]*`/g, '')
  const found = [...prose.matchAll(/\]\(<?([^()\s>]+(?:\([^()\s]*\))?)|^\[[^\]]+\]: +(\S+)/gm)]
  return found
    .map(([, inline, defined]) => inline ?? defined ?? '')
    .filter((link) => !/^[a-z][a-z0-9+.-]*:/.test(link))
    .map((link) => decodeURI(link))
}

/** The anchors of a page's headings, as GitHub makes them: lower case, no punctuation, spaces as dashes, repeats numbered. */
function anchorsOf(text: string): readonly string[] {
  const seen = new Map<string, number>()
  const headings = [...withoutFences(text).matchAll(/^#{1,6} +(.*?)(?: +#+)?$/gm)].map(([, heading = '']) => heading)
  return headings.map((heading) => {
    const shown = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[`*]/g, '')
    const slug = shown
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-')
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    return count === 0 ? slug : `${slug}-${count}`
  })
}

const withoutFences = (text: string): string => text.replaceAll(/^( *)(`{3,})[^\n]*\n[^]*?^\1\2 *$/gm, '')
