import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TestClient } from '../harness/client.ts'
import { openLives } from '../proof/lives.ts'
import { isCall } from '../proof/view.ts'

const LINE = { linha: 'uma' }
const TEXT = 'escrito: uma'
/** More than a file waits for a message, in milliseconds. */
const TWO_DAYS = 2 * 24 * 3_600_000

async function callsOf(client: TestClient, conversationId: string) {
  const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
  expect(body.activeRun).toBeNull()
  const head = body.messages.find(({ id }) => id === body.conversation.headMessageId)
  return { messageId: head?.id, calls: (head?.parts ?? []).filter(isCall) }
}

type Lives = Awaited<ReturnType<typeof openLives>>

/** Begins a reply whose tool gives a file, and lets the next process live. */
async function die(lives: Lives) {
  const { upstream, client } = lives
  upstream.replyOnce({ tokens: [], calls: [{ name: 'anexa', arguments: JSON.stringify(LINE) }] })
  await using stream = await client.send({ content: 'Anexe' })
  await lives.died
  await stream.closed
  await lives.live()
  return { ...stream.start, ...(await callsOf(client, stream.start.conversationId)) }
}

function namesKnownBy({ rows }: Lives): string[] {
  return rows('select stored_as from files union select stored_as from file_trash').map(({ stored_as }) =>
    String(stored_as),
  )
}

describe.each([
  { dieAt: 'before:tool-end', status: 'unknown', files: [] },
  { dieAt: 'after:tool-end', status: 'completed', files: [{ name: 'linha.txt', size: TEXT.length }] },
] as const)('killed $dieAt is stored of a call that gave a file', ({ dieAt, status, files }) => {
  test('the call says what is known, its file is claimed or goes, and nothing is doubled', async () => {
    await using lives = await openLives({ dieAt })
    const { client, upstream } = lives
    const { conversationId, userMessageId, messageId, calls } = await die(lives)
    expect(lives.lines()).toEqual([LINE])
    expect(calls).toMatchObject([{ tool: 'anexa', status, attempt: 1, ...(files.length > 0 && { files }) }])
    expect(calls[0]?.files ?? []).toHaveLength(files.length)
    const claims = () => lives.rows('select message_id, file_id from message_files order by message_id')
    const fileId = calls[0]?.files?.[0]?.fileId
    expect(claims()).toEqual(fileId === undefined ? [] : [{ message_id: messageId, file_id: fileId }])
    // One file: that of the call, or one that is due to go.
    expect(lives.rows('select due_at is null as isKept from files')).toEqual([{ isKept: files.length }])
    for (const blob of lives.blobs()) expect(namesKnownBy(lives)).toContain(blob)

    upstream.reply({ tokens: ['Está bem.'] })
    await using next = await client.retry({ userMessageId, continueMessageId: messageId })
    expect(await next.end()).toMatchObject({ status: 'completed' })
    expect(lives.lines()).toEqual([LINE])
    expect((await callsOf(client, conversationId)).calls).toMatchObject([{ status, attempt: 1 }])
    expect(claims().map(({ file_id }) => file_id)).toEqual(fileId === undefined ? [] : [fileId, fileId])
    if (fileId !== undefined) expect((await client.get(`/api/chat/files/${fileId}`)).text).toBe(TEXT)
  }, 60_000)
})

test('a file that a dead call left goes after a day, with its bytes', async () => {
  await using lives = await openLives({ dieAt: 'before:tool-end' })
  await die(lives)
  expect(lives.blobs()).toHaveLength(1)
  const clockFile = join(lives.folder.path, 'clock')
  await writeFile(clockFile, String(TWO_DAYS))
  await lives.end()
  await lives.live({ CLOCK_OFFSET: clockFile })
  await expect.poll(() => lives.rows('select id from files'), { timeout: 20_000 }).toEqual([])
  await expect.poll(() => lives.blobs(), { timeout: 20_000 }).toEqual([])
}, 60_000)
