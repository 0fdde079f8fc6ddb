import { RiachoError } from '../../protocol/errors.ts'
import type { AnswersRequest } from '../../protocol/requests.ts'
import type { Caller } from '../access/caller.ts'
import type { Database } from '../database/database.ts'
import { findRun } from '../database/runs.ts'
import { answerLiveQuestion, findLiveQuestion } from '../database/tools/liveQuestions.ts'
import { answerTo } from './bindDecisions.ts'

export interface AnswerOptions {
  database: Database
  /** Tells the calls of this process that there is an answer. */
  onAnswered: (questionId: string) => void
}

export function createAnswer({ database, onAnswered }: AnswerOptions) {
  /**
   * Answers what calls ask while their run goes on. The first answer counts. Throws `NOT_FOUND`, `NOT_PENDING` if a question has
   * an answer or its call has ended, and `INVALID_REQUEST` for values that a form does not take.
   */
  return async function answer(
    { ownerId }: Caller,
    { runId, answers }: AnswersRequest & { runId: string },
  ): Promise<void> {
    await database.writeFor(ownerId, 'process', async (queries, transaction) => {
      const run = await findRun(queries, { id: runId, ownerId })
      if (!run) throw new RiachoError('NOT_FOUND')
      if (run.status !== 'active') throw new RiachoError('NOT_PENDING')
      for (const given of answers) {
        const asked = await findLiveQuestion(queries, given.questionId)
        if (asked?.run_id !== runId) throw new RiachoError('NOT_PENDING')
        const said = JSON.stringify(answerTo(JSON.parse(asked.question), given))
        if (!(await answerLiveQuestion(queries, { id: given.questionId, answer: said })))
          throw new RiachoError('NOT_PENDING')
      }
      transaction.afterCommit(() => {
        for (const { questionId } of answers) onAnswered(questionId)
      })
    })
  }
}
