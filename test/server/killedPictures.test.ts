import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import type { Part } from '../../src/protocol/parts.ts'
import { partsOfFrames, type TestClient } from '../harness/client.ts'
import { readBytes } from '../harness/upload.ts'
import { openLives } from '../proof/lives.ts'
import { drawingOf } from '../upstream/pictures.ts'

const draw = (background: string) =>
  sharp({ create: { width: 40, height: 30, channels: 3, background } })
    .jpeg()
    .toBuffer()

async function lastParts(client: TestClient, conversationId: string): Promise<Part[]> {
  const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
  expect(body.activeRun).toBeNull()
  const reply = body.messages.find(({ id }) => id === body.conversation.headMessageId)
  expect(reply).toMatchObject({ status: 'interrupted', code: 'REPLY_INTERRUPTED' })
  return reply?.parts ?? []
}

describe.each([
  { dieAt: 'before:file-update', version: 0, isWhole: false },
  { dieAt: 'after:file-update', version: 1, isWhole: false },
  { dieAt: 'before:file-end', version: 1, isWhole: false },
  { dieAt: 'after:file-end', version: 2, isWhole: true },
] as const)('killed $dieAt is stored', ({ dieAt, version, isWhole }) => {
  test('what was shown of a picture is kept, and no bytes are there that nobody knows', async () => {
    await using lives = await openLives({ dieAt, assistant: 'pictures: true' })
    const { upstream, client } = lives
    const previews = [await draw('#004')]
    const gate = upstream.hold({ recording: drawingOf([{ previews, bytes: await draw('#00f') }]) })
    await using stream = await client.send({ content: 'Desenhe' })
    for (let step = 0; step < 3; step++) await gate.next()
    if (dieAt.endsWith('file-end')) {
      // The picture comes once its preview is stored, so that both are.
      await stream.until(({ event }) => event.type === 'file-update')
      await gate.next()
    }
    await lives.died
    await stream.closed
    gate.open()
    const { conversationId, runId } = stream.start
    await lives.live()

    const parts = await lastParts(client, conversationId)
    expect(parts[0]).toMatchObject({ type: 'image', version })
    expect(parts[0]).toEqual(expect.objectContaining(isWhole ? {} : { status: 'unfinished' }))
    expect('status' in (parts[0] ?? {})).toBe(!isWhole)
    await using rest = await client.follow(runId, stream.lastSeq)
    await rest.end()
    const seen = partsOfFrames([...stream.frames, ...rest.frames])
    expect(seen).toEqual(parts)

    const [picture] = parts
    if (picture?.type !== 'image') return expect.unreachable()
    const { fileId } = picture
    const claimed = version > 0 ? [{ file_id: fileId }] : []
    expect(lives.rows('select file_id from message_files')).toEqual(claimed)
    // What nobody has is due, and goes with a sweep.
    expect(lives.rows('select due_at is null as isKept from files')).toEqual([
      { isKept: version > 0 ? 1 : 0 },
    ])
    if (version > 0) {
      const { status, bytes } = await readBytes(client, `/api/chat/files/${fileId}?v=${version}`)
      const { width, height } = await sharp(bytes).metadata()
      expect([status, width, height]).toEqual([200, 40, 30])
    }
    const known = lives.rows('select stored_as from files union select stored_as from file_trash')
    const names = known.map(({ stored_as }) => String(stored_as))
    for (const blob of lives.blobs()) expect(names).toContain(blob)
  }, 60_000)
})
