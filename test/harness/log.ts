import { createParser } from 'eventsource-parser'
import { pino } from 'pino'
import { foldEvent, type RunEnd, type RunStart, type StreamEvent } from '../../src/protocol/events.ts'
import type { Part } from '../../src/protocol/parts.ts'
import { decodeFrame } from '../../src/protocol/sse.ts'
import type { Reader } from '../../src/server/log/followLog.ts'

export const silentLogger = pino({ level: 'silent' })

export function runStart(runId = 'run-1'): RunStart {
  return {
    runId,
    conversationId: 'conversation-1',
    userMessageId: 'question-1',
    messageId: 'reply-1',
    model: 'test-model',
    assistant: 'riacho',
  }
}

/** A reader that records what it gets. The test fills and drains its buffer. */
export interface RecordingReader extends Reader {
  readonly events: { seq: number; event: StreamEvent }[]
  readonly parts: Part[]
  readonly writes: string[]
  ended: { seq: number; end: RunEnd } | undefined
  hadNothing: boolean
  /** Whether it was told that nothing more comes from here. */
  isCut: boolean
  full: boolean
  drain(): void
}

export function createRecordingReader(): RecordingReader {
  let onDrained: (() => void) | undefined
  const parser = createParser({
    onEvent({ id, event, data }) {
      const decoded = decodeFrame(event, data)
      if (!decoded) return
      reader.events.push({ seq: Number(id), event: decoded })
      foldEvent(reader.parts, decoded)
    },
  })
  const reader: RecordingReader = {
    events: [],
    parts: [],
    writes: [],
    ended: undefined,
    hadNothing: false,
    isCut: false,
    full: false,
    get isFull() {
      return reader.full
    },
    write(frames) {
      reader.writes.push(frames)
      parser.feed(frames)
    },
    drained(callback) {
      onDrained = callback
    },
    drain() {
      reader.full = false
      onDrained?.()
    },
    end(seq, end) {
      reader.ended = { seq, end }
    },
    alreadyEnded() {
      reader.hadNothing = true
    },
    cut() {
      reader.isCut = true
    },
  }
  return reader
}
