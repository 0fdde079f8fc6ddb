import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeRun, type Provenance, writeProvenance } from '../../bench/harness/provenance.ts'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'

const COMMAND = ['bench/main.ts', '--quick']

/** A committed checkout with one package that is measured and one that is not. */
async function checkout(): Promise<TestFolder & { git(...args: string[]): string }> {
  const folder = await temporaryFolder()
  const write = (path: string, content: object) => writeFile(join(folder.path, path), JSON.stringify(content))
  await mkdir(join(folder.path, 'bench', 'results'), { recursive: true })
  await write('package.json', { version: '4.5.6' })
  await write('package-lock.json', { packages: { 'node_modules/node': { version: '26.1.0' } } })
  await write('bench/package.json', { dependencies: { measured: '^1.0.0' } })
  await write('bench/package-lock.json', {
    packages: {
      'node_modules/measured': { version: '1.2.3', integrity: 'sha512-abc' },
      'node_modules/deep': { version: '9.9.9' },
    },
  })
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'commit.gpgsign=false']
  const git = (...args: string[]) =>
    execFileSync('git', [...identity, ...args], { cwd: folder.path, encoding: 'utf8' }).trim()
  git('init', '--quiet')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'all')
  return { ...folder, git }
}

test('a run tells the commit, the installed versions and its command', async () => {
  await using root = await checkout()

  expect(describeRun(root.path, COMMAND)).toMatchObject({
    command: COMMAND,
    riacho: { version: '4.5.6', commit: root.git('rev-parse', 'HEAD'), isClean: true },
    node: process.version,
    packages: {
      measured: { version: '1.2.3', integrity: 'sha512-abc' },
      node: { version: '26.1.0' },
    },
  })
  expect(describeRun(root.path, COMMAND).packages).not.toHaveProperty('deep')
})

test('a changed file and a new one make the tree unclean, and results do not', async () => {
  await using root = await checkout()
  const isClean = () => describeRun(root.path, COMMAND).riacho.isClean

  await writeFile(join(root.path, 'bench', 'results', 'full.json'), '{}')
  expect(isClean()).toBe(true)
  await writeFile(join(root.path, 'new.ts'), '')
  expect(isClean()).toBe(false)
  root.git('add', 'new.ts')
  root.git('commit', '--quiet', '--message', 'new')
  expect(isClean()).toBe(true)
  await writeFile(join(root.path, 'package.json'), '{"version":"4.5.7"}')
  expect(isClean()).toBe(false)
})

test('what is outside a repository has no commit and is not clean', async () => {
  await using root = await checkout()
  await using folder = await temporaryFolder()
  for (const name of ['package.json', 'package-lock.json', 'bench'])
    execFileSync('cp', ['-r', join(root.path, name), folder.path])

  expect(describeRun(folder.path, COMMAND).riacho).toEqual({ version: '4.5.6', isClean: false })
})

test('it is written beside the results, with the time at which they were written', async () => {
  await using root = await checkout()
  const began = describeRun(root.path, COMMAND)

  writeProvenance(root.path, 'full', began)

  const { ended, ...rest } = JSON.parse(
    await readFile(join(root.path, 'full.provenance.json'), 'utf8'),
  ) as Provenance
  expect(rest).toEqual(began)
  expect(Date.parse(ended ?? '')).toBeGreaterThanOrEqual(Date.parse(began.began))
})
