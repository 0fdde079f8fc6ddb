import { type AcceptRunOptions, createAcceptRun } from './acceptRun.ts'
import { type AnswerOptions, createAnswer } from './answer.ts'
import { createDecide, type DecideOptions } from './decide.ts'
import { createRerun, type RerunOptions } from './rerun.ts'
import { createSend, type SendOptions } from './send.ts'

export type MessageServiceOptions = AcceptRunOptions &
  Omit<SendOptions & RerunOptions & DecideOptions & AnswerOptions, 'acceptRun'>

export type MessageService = ReturnType<typeof createMessageService>

/** The operations that start a run or go on with one. Anything of another owner is `NOT_FOUND`. */
export function createMessageService(options: MessageServiceOptions) {
  const acceptRun = createAcceptRun(options)
  return {
    send: createSend({ ...options, acceptRun }),
    rerun: createRerun({ ...options, acceptRun }),
    decide: createDecide({ ...options, acceptRun }),
    answer: createAnswer(options),
  }
}
