import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')
const SOURCES = globSync('src/**/*.{ts,tsx}', { cwd: ROOT })
  .filter(path => !/\.test\.tsx?$|\/testing\//.test(path))
  .map(path => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))

const filesWith = (pattern: RegExp, folder = 'src/') =>
  SOURCES.filter(({ path, text }) => path.startsWith(folder) && pattern.test(text)).map(({ path }) => path)

test('the sources are read', () => {
  expect(SOURCES.length).toBeGreaterThan(300)
  expect(filesWith(/randomBytes\(/)).toContain('src/server/access/sessionToken.ts')
})

test('no chance that can be guessed stands for a secret: what uses it only waits or draws', () => {
  expect(filesWith(/Math\.random/).sort()).toEqual([
    'src/ai-sdk/followRunStream.ts',
    'src/browser/createBrowser.ts',
    'src/browser/headlessBrowser.ts',
    'src/openRiacho.ts',
    'src/server/database/postgres/write.ts',
  ])
})

test('hashes are SHA-256, and where another one stands it names a statement', () => {
  expect(filesWith(/\bmd5\b|\bsha-?1\b/i)).toEqual(['src/server/database/postgres/pool.ts'])
})

test('the server starts no program, and nothing evaluates text but the name of the collector', () => {
  expect(filesWith(/\bchild_process\b|\bnode:cluster\b/, 'src/server/')).toEqual([])
  expect(filesWith(/\beval\(|\bnew Function\(/)).toEqual([])
  expect(filesWith(/\bnode:vm\b/)).toEqual(['src/giveMemoryBack.ts'])
  expect(filesWith(/\brunIn\w*Context\((?!'gc'\))|\bnew (?:vm\.)?(?:Script|SourceTextModule)\b/)).toEqual([])
})

test('only the build puts HTML into a page, and it is what React drew', () => {
  expect(
    filesWith(/dangerouslySetInnerHTML|\.innerHTML\b|\.outerHTML\b|insertAdjacentHTML|document\.write/),
  ).toEqual(['src/pages/documents.tsx'])
})
