import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'

/** Runs a command on a terminal. */
const SCRIPT = '/usr/bin/script'

/** A checkout whose npm installs nothing, and whose build is `build`. */
async function checkout(build: string): Promise<TestFolder> {
  const folder = await temporaryFolder()
  const at = (...names: string[]) => join(folder.path, ...names)
  for (const name of ['scripts', 'bin', 'node_modules/.bin']) await mkdir(at(name), { recursive: true })
  await copyFile(
    join(import.meta.dirname, '..', '..', 'scripts', 'prepare.mjs'),
    at('scripts', 'prepare.mjs'),
  )
  await writeFile(at('bin', 'npm'), '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  await symlink(process.execPath, at('node_modules', '.bin', 'node'))
  await writeFile(at('scripts', 'build.ts'), build)
  return folder
}

const BUILD = `
import { mkdirSync, writeFileSync } from 'node:fs'
const folder = 'dist/' + process.argv[2]
mkdirSync(folder, { recursive: true })
writeFileSync(folder + '/index.json', '{}')`

async function prepare({ path }: TestFolder, onTerminal = false): Promise<{ code: number; output: string }> {
  const command = [process.execPath, join(path, 'scripts', 'prepare.mjs')]
  const [file = '', ...args] = onTerminal ? [SCRIPT, '-qec', command.join(' '), '/dev/null'] : command
  const env = { PATH: `${join(path, 'bin')}:${process.env['PATH']}` }
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { code, output: stdout + stderr }
}

test('each step says that it begins and how long it took, and a second run says nothing', async () => {
  await using folder = await checkout(BUILD)
  const { code, output } = await prepare(folder)
  expect(output.trim().split(/ *\n/)).toEqual([
    'Installing packages…',
    expect.stringMatching(/^Installing packages took \d+ s\.$/),
    'Building the pages…',
    expect.stringMatching(/^Building the pages took \d+ s\.$/),
  ])
  expect(code).toBe(0)
  expect(await prepare(folder)).toEqual({ code: 0, output: '' })
})

test('a step that fails says so, with what its command said', async () => {
  await using folder = await checkout('console.error("no room")\nprocess.exitCode = 3')
  const { code, output } = await prepare(folder)
  expect(output).toMatch(/Building the pages failed after \d+ s\.\s+no room/)
  expect(code).toBe(1)
})

test.skipIf(!existsSync(SCRIPT))('on a terminal a step is one line that moves', async () => {
  await using folder = await checkout(BUILD)
  const { code, output } = await prepare(folder, true)
  expect(output).toMatch(
    /^\r\| Installing packages… 0 s(\r. Installing packages… \d+ s)*\rInstalling packages took \d+ s\. +\r\n/,
  )
  expect(code).toBe(0)
})
