import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { Composed } from '../../../client/chat/chatState.ts'
import { answerCall, beginToolSignIn, readToolServers } from '../../../client/chat/toolQuestions.ts'
import type { AssistantMessage, Feedback } from '../../../protocol/responses.ts'
import { chatInUse, focusHome, watchPerson } from '../controls/focus.ts'
import type { Answering } from './useChoices.ts'

/** What a person can do with messages. Each action also places the focus, because the pressed button may disappear. */
export interface MessageActions {
  chooseSibling(messageId: string): void
  retry(userMessageId: string): void
  /** Sends a question that a reply suggests. */
  ask(question: string): void
  continueReply(message: AssistantMessage): void
  /** What can be done about calls of a paused reply. */
  answeringPaused(message: AssistantMessage): Answering
  /** What can be done about calls of a reply that goes on. */
  answeringLive(runId: string): Answering
  edit(messageId: string): void
  setEdited(message: Composed): void
  saveEdit(): void
  cancelEdit(messageId: string): void
  /** Absent for a temporary conversation. */
  fork?: (messageId: string) => void
  rate(messageId: string, feedback: Feedback | null): Promise<boolean>
  removeQueued(clientMessageId: string): void
  sendQueued(): void
}

/** `onChooseSibling` is called before another branch comes to the screen. */
export function createMessageActions(
  client: ChatClient,
  { onChooseSibling, canFork }: { onChooseSibling: () => void; canFork: boolean },
): MessageActions {
  const fork = createFork(client)
  return {
    chooseSibling: messageId => {
      onChooseSibling()
      client.chooseSibling(messageId)
    },
    retry: userMessageId => {
      client.retry(userMessageId)
      focusHome()
    },
    ask: question => {
      client.send(question)
      focusHome()
    },
    continueReply: message => {
      client.continueReply(message)
      focusHome()
    },
    answeringPaused: message => ({
      ...answeringOf(client, message.runId),
      onDecide: decided => {
        client.decide(message, decided)
        focusHome()
      },
    }),
    answeringLive: runId => ({
      ...answeringOf(client, runId),
      onAnswer: async answers => {
        const result = await answerCall(client, runId, answers)
        if (result.ok) focusHome()
        return result
      },
    }),
    edit: client.edit,
    setEdited: client.setEdited,
    saveEdit: () => {
      client.saveEdit()
      focusHome()
    },
    cancelEdit: messageId => {
      client.cancelEdit()
      requestAnimationFrame(() => {
        const button = chatInUse().querySelector(`[data-edit="${CSS.escape(messageId)}"]`)
        if (button instanceof HTMLElement) button.focus({ preventScroll: true })
        else focusHome()
      })
    },
    ...(canFork && { fork }),
    rate: client.rate,
    removeQueued: clientMessageId => {
      client.removeQueued(clientMessageId)
      focusHome()
    },
    sendQueued: () => {
      client.sendQueued()
      focusHome()
    },
  }
}

function answeringOf(client: ChatClient, runId: string) {
  return {
    beginSignIn: (questionId: string) => beginToolSignIn(client, { runId, questionId }),
    readToolServers: () => readToolServers(client),
  }
}

/** Makes a copy of the conversation down to a message, and shows it unless the person has gone on meanwhile. */
function createFork(client: ChatClient): (messageId: string) => Promise<void> {
  /** The forks under way, by message. Each function says whether the person has done anything since asking for it. */
  const forks = new Map<string, () => boolean>()
  return async messageId => {
    const earlier = forks.get(messageId)
    earlier?.()
    forks.set(messageId, watchPerson())
    if (earlier) return
    const { currentKey } = client.getState()
    const conversationId = await client.fork(messageId)
    const hasMovedOn = forks.get(messageId)?.() || client.getState().currentKey !== currentKey
    forks.delete(messageId)
    if (conversationId === null || hasMovedOn) return
    client.open(conversationId)
    focusHome()
  }
}
