import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { read, root } from '../../architecture/project.ts'

const readme = read('README.md')

test('every file that README links to is there', () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)/g)].map(([, path = '']) => path)
  expect(links.length).toBeGreaterThan(15)
  expect(links.filter((path) => !existsSync(join(root, path)))).toEqual([])
})

test('README is short', () => {
  expect(readme.split('\n').length).toBeLessThanOrEqual(150)
})
