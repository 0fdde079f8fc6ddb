import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')

/** The documents for people. Those of `docs/guide` name files of the reader, and the changelog names files that are gone. */
const DOCUMENTS = globSync(['*.md', 'docs/*.md', 'docs/{deployment,decisions}/*.md'], { cwd: ROOT }).filter(
  name => name !== 'CHANGELOG.md',
)

/** Documents that tell the reader what to change in their own app. Only their links lead to files of Riacho. */
const ON_THE_APP_OF_THE_READER = /^docs\/migrating-/

/** Blocks of code that show files of the app of the reader. */
const OF_THE_READER = /```ts\n\/\/ src[\s\S]*?```/g

test.each(DOCUMENTS)('%s names only files that are there', name => {
  const text = readFileSync(join(ROOT, name), 'utf8').replaceAll(OF_THE_READER, '')
  const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#\s`]+)/g)].map(([, path = '']) =>
    join(dirname(name), path),
  )
  const named = [...text.matchAll(/(?<![\w/.-])(?:\.\/)?((?:src|test|scripts|docs)\/[\w./-]*\w)/g)].map(
    ([, path = '']) => path,
  )
  const ours = ON_THE_APP_OF_THE_READER.test(name) ? linked : [...linked, ...named]
  expect(ours.filter(path => !existsSync(join(ROOT, path)))).toEqual([])
})

test.each(['README.md', 'README.pt-BR.md'])('%s lists every package that Riacho uses', name => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const rows = readFileSync(join(ROOT, name), 'utf8')
    .split('\n')
    .filter(line => line.startsWith('| `'))
  const packages = Object.keys({ ...dependencies, ...devDependencies }).filter(
    name => !name.startsWith('@types/'),
  )
  expect(packages.filter(name => !rows.some(row => row.includes(`\`${name}\``)))).toEqual([])
})
