import { useState } from 'react'
import type { ApiResult } from '../../../client/api.ts'
import type { Part } from '../../../protocol/parts.ts'
import type { AnswersRequest, DecisionsRequest } from '../../../protocol/requests.ts'
import type { ToolServersResponse, ToolSignInResponse } from '../../../protocol/responses.ts'
import { openApprovalOf, openQuestionsOf } from '../../../protocol/tools.ts'

export type Answer = AnswersRequest['answers'][number]
export type Choice = NonNullable<DecisionsRequest['decisions']>[number]['decision']
export type Decided = Pick<DecisionsRequest, 'decisions' | 'answers'>

/** What a person can do about calls that wait in one reply. */
export interface Answering {
  /** Decides and answers all that waits in a paused reply. Absent: the reply goes on. */
  onDecide?: (decided: Decided) => void
  /** Answers what a call asks while its reply goes on. Absent: the reply has paused. */
  onAnswer?: (answers: Answer[]) => Promise<ApiResult<undefined>>
  beginSignIn(questionId: string): Promise<ApiResult<ToolSignInResponse>>
  readToolServers(): Promise<ApiResult<ToolServersResponse>>
}

/** What a person has chosen for the calls of a message that wait. */
export interface Choices extends Pick<Answering, 'beginSignIn' | 'readToolServers'> {
  readonly chosen: Readonly<Record<string, Choice>>
  /** By the ids of questions. */
  readonly answered: Readonly<Record<string, Answer>>
  choose(approvalId: string, choice: Choice): void
  /** Resolves with the failure if the answer was not taken. */
  answer(answer: Answer): Promise<ApiResult<undefined>>
}

const DONE: ApiResult<undefined> = { ok: true, value: undefined }

/**
 * Collects the choices and answers of a message. The server takes those of a paused reply together, wherever its calls stand, and each
 * one at once while the reply goes on. `undefined`: nobody can decide here.
 */
export function useChoices(parts: readonly Part[], answering: Answering | undefined): Choices | undefined {
  const [chosen, setChosen] = useState<Choices['chosen']>({})
  const [answered, setAnswered] = useState<Choices['answered']>({})
  if (!answering) return undefined
  const { onDecide, onAnswer, beginSignIn, readToolServers } = answering
  const calls = parts.filter(part => part.type === 'tool')

  /** Decides once something is chosen for everything that waits. */
  function settle(choices: Choices['chosen'], answers: Choices['answered']) {
    const approvals = calls.flatMap(call => openApprovalOf(call) ?? [])
    const questions = calls.flatMap(openQuestionsOf)
    const decisions = approvals.flatMap(approvalId => {
      const decision = choices[approvalId]
      return decision ? [{ approvalId, decision }] : []
    })
    const given = questions.flatMap(({ questionId }) => answers[questionId] ?? [])
    if (decisions.length < approvals.length || given.length < questions.length) return
    onDecide?.({ ...(decisions.length > 0 && { decisions }), ...(given.length > 0 && { answers: given }) })
  }

  return {
    chosen,
    answered,
    beginSignIn,
    readToolServers,
    choose(approvalId, choice) {
      const all = { ...chosen, [approvalId]: choice }
      setChosen(all)
      settle(all, answered)
    },
    async answer(answer) {
      const all = { ...answered, [answer.questionId]: answer }
      if (onAnswer) {
        const result = await onAnswer([answer])
        if (result.ok) setAnswered(all)
        return result
      }
      setAnswered(all)
      settle(chosen, all)
      return DONE
    },
  }
}
