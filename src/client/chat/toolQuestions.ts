import { PATHS } from '../../protocol/paths.ts'
import type { AnswersRequest } from '../../protocol/requests.ts'
import type { ToolServersResponse, ToolSignInResponse } from '../../protocol/responses.ts'
import type { ApiResult } from '../api.ts'
import type { ChatClient } from './chatClient.ts'

type Caller = Pick<ChatClient, 'call'>

/** Answers what a call asks while its run goes on. */
export function answerCall(
  client: Caller,
  runId: string,
  answers: AnswersRequest['answers'],
): Promise<ApiResult<undefined>> {
  return client.call({ method: 'POST', path: PATHS.answers(runId), body: { answers } })
}

/** Begins to sign in at the server of a tool. The result has the address at which the person goes on. */
export function beginToolSignIn(
  client: Caller,
  question: { runId: string; questionId: string },
): Promise<ApiResult<ToolSignInResponse>> {
  return client.call({ method: 'POST', path: PATHS.toolSignIn(question.runId, question.questionId) })
}

/** At which servers of tools people sign in, and whether this person has. */
export function readToolServers(client: Caller): Promise<ApiResult<ToolServersResponse>> {
  return client.call({ method: 'GET', path: PATHS.toolServers })
}

/** Signs the person out of a server. Succeeds for one who is signed out already. */
export async function signOutOfToolServer(client: Caller, name: string): Promise<ApiResult<undefined>> {
  const result = await client.call<undefined>({ method: 'DELETE', path: PATHS.toolServerSignIn(name) })
  return !result.ok && result.failure === 'NOT_FOUND' ? { ok: true, value: undefined } : result
}
