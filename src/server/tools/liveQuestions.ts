import { EventEmitter } from 'node:events'
import type { Clock, Timer } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { deleteLiveQuestion, findLiveQuestion, insertLiveQuestion } from '../database/tools/liveQuestions.ts'
import type { LiveQuestions, PersonAnswer } from '../generation/tools.ts'

/** How often a call looks whether another node has got the answer, in milliseconds. */
const LOOK_INTERVAL = 1000

export interface LiveQuestionDesk extends LiveQuestions {
  /** A question of this or another node has got its answer. */
  answered(questionId: string): void
}

/** Keeps in the database what running calls ask, so that every node takes the answer, and one answer counts. */
export function createLiveQuestions({
  database,
  clock,
}: {
  database: Database
  clock: Clock
}): LiveQuestionDesk {
  const answers = new EventEmitter().setMaxListeners(0)

  /** Resolves when there may be an answer. */
  function mayBeAnswered(id: string, signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      let timer: Timer | undefined
      const done = () => {
        if (timer !== undefined) clock.cancel(timer)
        answers.off(id, done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      timer = clock.schedule(done, LOOK_INTERVAL)
      answers.on(id, done)
      signal.addEventListener('abort', done)
      if (signal.aborted) done()
    })
  }

  return {
    answered: id => void answers.emit(id),
    async ask({ runId, conversationId, ownerId }, question, { signal, onStored }) {
      const { questionId: id, mode, fields } = question
      const row = {
        id,
        run_id: runId,
        conversation_id: conversationId,
        question: JSON.stringify({ mode, fields }),
      }
      await database.writeFor(ownerId, 'process', queries => insertLiveQuestion(queries, row))
      try {
        onStored()
        for (;;) {
          await mayBeAnswered(id, signal)
          signal.throwIfAborted()
          const asked = await findLiveQuestion(database.queries, id)
          if (!asked) return { action: 'cancel' }
          if (asked.answer !== null) return JSON.parse(asked.answer) as PersonAnswer
        }
      } finally {
        await database.writeFor(ownerId, 'process', queries => deleteLiveQuestion(queries, id))
      }
    },
  }
}
