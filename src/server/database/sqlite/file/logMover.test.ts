import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../../test/harness/folder.ts'
import { silentLogger } from '../../../../../test/harness/log.ts'
import { RiachoError } from '../../../../protocol/errors.ts'
import type { LogState } from './fileThread.ts'
import { LogMover } from './logMover.ts'

const MB = 1024 * 1024

interface Opened {
  mover: LogMover
  /** What was asked for, in order. */
  asked: string[]
  warnings: string[]
  errors: string[]
  /** Sets the length of the log and of its file. */
  grow(bytes: number): Promise<void>
  /** What the next works find. By default the log is as long as its file, nobody holds it, and nothing fails. */
  found: { log?: number; isHeld?: boolean; error?: Error }
  settle(): Promise<void>
  commit(times: number): Promise<void>
}

async function withMover(work: (opened: Opened) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'riacho.db')
  await writeFile(`${path}-wal`, '')
  const asked: string[] = []
  const warnings: string[] = []
  const errors: string[] = []
  const found: Opened['found'] = {}
  let size = 0
  const state = async (what: string): Promise<LogState> => {
    asked.push(what)
    if (found.error) throw found.error
    return { bytes: found.log ?? size, isHeld: found.isHeld ?? false }
  }
  const logger = Object.assign(Object.create(silentLogger), {
    warn: (_fields: object, message: string) => void warnings.push(message),
    error: (_fields: object, message: string) => void errors.push(message),
  })
  const settle = async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }
  const mover = new LogMover({
    path,
    logger,
    moveLog: () => state('move'),
    restartLog: ({ waits, truncates }) =>
      state(`${truncates ? 'truncate' : 'restart'}${waits ? ' and wait' : ''}`),
  })
  await work({
    mover,
    asked,
    warnings,
    errors,
    async grow(bytes) {
      size = bytes
      await truncate(`${path}-wal`, bytes)
    },
    found,
    settle,
    async commit(times) {
      for (let count = 0; count < times; count++) mover.committed()
      await settle()
    },
  })
  await mover.close()
}

test('the log is moved after 250 commits, then begins anew', () =>
  withMover(async ({ asked, commit }) => {
    await commit(249)
    expect(asked).toEqual([])
    await commit(1)
    expect(asked).toEqual(['move', 'restart'])
    await commit(249)
    expect(asked).toHaveLength(2)
    await commit(1)
    expect(asked).toHaveLength(4)
  }))

test('a few long commits have it moved earlier, also after the log was emptied', () =>
  withMover(async ({ asked, commit, grow }) => {
    await grow(4 * MB)
    await commit(1)
    expect(asked).toHaveLength(2)
    await grow(7 * MB)
    await commit(1)
    expect(asked).toHaveLength(2)
    await grow(0)
    await commit(1)
    await grow(4 * MB)
    await commit(1)
    expect(asked).toHaveLength(4)
  }))

test('writes wait for a reader only once the log is long, and ever more rarely; the operator learns why it grows', () =>
  withMover(async ({ asked, warnings, commit, grow, found }) => {
    found.isHeld = true
    await grow(20 * MB)
    await commit(1)
    expect([asked, warnings]).toEqual([['move'], []])
    await grow(64 * MB)
    await commit(1)
    expect(asked).toEqual(['move', 'move', 'truncate and wait'])
    expect(warnings).toHaveLength(1)
    await grow(90 * MB)
    await commit(1)
    expect(asked.filter(what => what !== 'move')).toHaveLength(1)
    await grow(97 * MB)
    await commit(1)
    expect(asked.filter(what => what !== 'move')).toHaveLength(2)
    expect(warnings).toHaveLength(2)
    found.isHeld = false
    await commit(250)
    expect(asked.at(-1)).toBe('truncate')
    expect(warnings).toHaveLength(2)
    found.isHeld = true
    await grow(64 * MB)
    await commit(250)
    expect(asked.at(-1)).toBe('truncate and wait')
  }))

test('a short log in a long file makes nobody wait, and the space of the file is given back', () =>
  withMover(async ({ asked, warnings, commit, grow, found }) => {
    await grow(97 * MB)
    found.log = MB
    found.isHeld = true
    await commit(250)
    expect([asked, warnings]).toEqual([['move'], []])
    found.isHeld = false
    await commit(250)
    expect(asked.slice(1)).toEqual(['move', 'truncate'])
  }))

test('a write that a full disk refuses has the log moved at once, and a move that fails is told once', () =>
  withMover(async ({ mover, asked, errors, settle, found }) => {
    mover.refused(new RiachoError('STORAGE_UNAVAILABLE', 'x', { reason: 'busy' }))
    expect(asked).toEqual([])
    const full = new RiachoError('STORAGE_UNAVAILABLE', 'x', { reason: 'full' })
    found.error = full
    for (let count = 0; count < 3; count++) {
      mover.refused(full)
      await settle()
    }
    expect([asked, errors.length]).toEqual([['move', 'move', 'move'], 1])
    delete found.error
    mover.refused(full)
    await settle()
    expect(asked.slice(3)).toEqual(['move', 'restart'])
  }))

test('nothing is moved once it is closed', () =>
  withMover(async ({ mover, asked, commit }) => {
    await mover.close()
    await commit(300)
    expect(asked).toEqual([])
  }))
