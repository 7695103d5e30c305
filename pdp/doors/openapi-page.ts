import type { openApi } from './openapi.ts'

type Document = ReturnType<typeof openApi>

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escape = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => escapes[character] ?? character)
const code = (value: unknown): string => `<pre>${escape(JSON.stringify(value, null, 2))}</pre>`

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
pre{background:#8881;padding:1rem;overflow:auto;font-size:13px}td,th{text-align:left;vertical-align:top;padding:.2rem 1rem .2rem 0}`

/** The description as a page to read: no script, nothing from elsewhere. */
export function openApiPage(document: Document): string {
  const { title, summary, description } = document.info
  const paths = Object.entries(document.paths).map(([path, { post }]) => {
    const answers = Object.entries(post.responses).map(
      ([status, answer]) =>
        `<tr><td>${status}</td><td>${escape((answer as { description: string }).description)}</td></tr>`,
    )
    return `<h2><code>POST ${escape(path)}</code></h2><p>${escape(post.summary)} ${escape(post.description)}</p>
<table><tr><th>status</th><th>meaning</th></tr>${answers.join('')}</table>`
  })
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) => `<h2 id="${escape(name)}">${escape(name)}</h2>${code(schema)}`,
  )
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><style>${style}</style>
<h1>${title}</h1><p>${escape(summary)}. <a href="/openapi.json">openapi.json</a></p><p>${escape(description)}</p>
${paths.join('\n')}
${schemas.join('\n')}
</html>
`
}
