import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createRegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { type Fence, fencesOf } from '../../architecture/fences.ts'
import { projectFiles, read, root } from '../../architecture/project.ts'
import { ruleOf } from './snippet-rules.ts'

// Blocks of TypeScript and Rego compile, on every page.

const fences = projectFiles.filter((path) => path.endsWith('.md')).flatMap((page) => fencesOf(page, read(page)))
const of = (...languages: readonly string[]) =>
  fences.filter(
    (fence) => languages.includes(fence.language) && ['TypeScript', 'Rego'].includes(ruleOf(fence)?.name ?? ''),
  )
const at = ({ page, line }: Fence) => `${page}:${line}`

describe('TypeScript', () => {
  const options = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      noUnusedLocals: false, // an example may end before it uses what it has, and is for projects less strict than this one
      noPropertyAccessFromIndexSignature: false,
      paths: {
        sallyport: [join(root, 'pdp/index.ts')],
        'sallyport/*': [join(root, 'pdp/*.ts')],
        '@sallyport/sdk': [join(root, 'sdk/index.ts')],
        '@sallyport/sdk/node': [join(root, 'sdk/node-fetch.ts')],
        '@sallyport/sdk/*': [join(root, 'sdk/*.ts')],
      },
    },
    include: ['*.ts'],
  }

  /** What the compiler says of these blocks, each a module of its own. */
  async function complaints(blocks: readonly Fence[]): Promise<readonly string[]> {
    await mkdir(join(root, 'build'), { recursive: true })
    const folder = await mkdtemp(join(root, 'build', 'docs-snippets-')) // inside of the project, where its packages are found
    try {
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(options))
      await Promise.all(blocks.map(({ text }, i) => writeFile(join(folder, `${i}.ts`), `${text}\nexport {}\n`)))
      const { stdout } = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', folder], { encoding: 'utf8' })
      return stdout
        .split('\n')
        .filter((line) => /(?:^|\/)\d+\.ts\(.*error TS/.test(line)) // of the blocks: the sources are checked elsewhere
        .map((line) =>
          line.replace(/^.*?(\d+)\.ts/, (_, i: string) => at(blocks[Number(i)] ?? blocks[0] ?? planted(''))),
        )
    } finally {
      await rm(folder, { recursive: true })
    }
  }
  const planted = (text: string): Fence => ({ page: 'planted', line: 1, language: 'ts', words: [], text })

  test('every block compiles, and one that does not is found', { timeout: 120_000 }, async () => {
    const blocks = of('ts', 'js')
    expect(blocks.length).toBeGreaterThan(3)
    const wrong = planted(
      "import { createClient } from '@sallyport/sdk'\nexport const c = createClient({ urll: 'http://x' })\n",
    )
    const said = await complaints([...blocks, wrong])
    expect(said.filter((line) => !line.startsWith('planted'))).toEqual([])
    expect(said.filter((line) => line.startsWith('planted'))).toHaveLength(1)
  })
})

describe('Rego', () => {
  const toolchain = createRegoToolchain()
  afterAll(() => toolchain.close())
  const check = (text: string) => toolchain.check({ modules: { 'page.rego': text } })

  test('every block compiles, and one that does not is found', { timeout: 120_000 }, async () => {
    const blocks = of('rego')
    expect(blocks.length).toBeGreaterThan(0)
    for (const block of blocks) expect(await check(block.text), at(block)).toMatchObject({ ok: true })
    expect(await check('package a\n\nallow if inputt.x\n')).toMatchObject({ ok: false })
  })
})
