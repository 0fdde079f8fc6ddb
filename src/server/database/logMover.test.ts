import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { silentLogger } from '../../../test/harness/log.ts'
import { temporaryFolder } from '../../../test/harness/server.ts'
import type { LogState } from './fileThread.ts'
import { createLogMover } from './logMover.ts'

const MB = 1024 * 1024

interface Opened {
  mover: ReturnType<typeof createLogMover>
  /** What was asked for, in order. */
  asked: string[]
  warnings: string[]
  /** Sets the length of the log. */
  grow(bytes: number): Promise<void>
  /** Whether a reader is in the way. */
  setRead(value: boolean): void
  commit(times: number): Promise<void>
}

async function withMover(work: (opened: Opened) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'riacho.db')
  await writeFile(`${path}-wal`, '')
  const asked: string[] = []
  const warnings: string[] = []
  let isRead = false
  const state = async (what: string): Promise<LogState> => {
    asked.push(what)
    return { frames: 100, moved: isRead ? 50 : 100 }
  }
  const logger = Object.assign(Object.create(silentLogger), {
    warn: (_fields: object, message: string) => void warnings.push(message),
  })
  const mover = createLogMover({
    path,
    logger,
    moveLog: () => state('move'),
    restartLog: () => state('restart'),
  })
  await work({
    mover,
    asked,
    warnings,
    grow: bytes => truncate(`${path}-wal`, bytes),
    setRead(value) {
      isRead = value
    },
    async commit(times) {
      for (let count = 0; count < times; count++) mover.committed()
      for (let turn = 0; turn < 10; turn++) await Promise.resolve()
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
  withMover(async ({ asked, warnings, commit, grow, setRead }) => {
    setRead(true)
    await grow(20 * MB)
    await commit(1)
    expect([asked, warnings]).toEqual([['move'], []])
    await grow(64 * MB)
    await commit(1)
    expect(asked).toEqual(['move', 'move', 'restart'])
    expect(warnings).toHaveLength(1)
    await grow(90 * MB)
    await commit(1)
    expect(asked.filter(what => what === 'restart')).toHaveLength(1)
    await grow(97 * MB)
    await commit(1)
    expect(asked.filter(what => what === 'restart')).toHaveLength(2)
    expect(warnings).toHaveLength(2)
    setRead(false)
    await commit(250)
    expect(asked.slice(-2)).toEqual(['move', 'restart'])
    expect(warnings).toHaveLength(2)
  }))

test('nothing is moved once it is closed', () =>
  withMover(async ({ mover, asked, commit }) => {
    await mover.close()
    await commit(300)
    expect(asked).toEqual([])
  }))
