import type { Chat, Register } from '../history.ts'
import type { Reply, Talker } from '../talker.ts'

/** What a conversation says of itself must be something that was asked for. */
export function checkConversation(talker: Pick<Talker, 'history'>, reply: Reply, chat: Chat): void {
  const { history } = talker
  const { conversation, messages } = reply.body
  const wrong = (what: string) => history.violation(`conversation ${chat.id}: ${what}`)
  for (const field of ['pinned', 'archived', 'status'] as const) {
    const register = chat[field] as Register<unknown>
    if (!register.mayBe(conversation[field], reply)) wrong(`${field} is ${conversation[field]}`)
  }
  const titles = chat.title.possible(reply)
  if (!titles.includes(conversation.title) && !titles.includes(undefined))
    wrong(`its title is ${conversation.title}`)
  const byId = new Map(messages.map(message => [message.id, message]))
  for (const question of chat.questions) {
    if (!question.isAccepted || !question.userMessageId || question.asked.to > reply.from) continue
    const message = byId.get(question.userMessageId)
    const text = message?.parts.map(part => ('text' in part ? part.text : '')).join('')
    const expected =
      question.content + (question.attachments ?? []).map(each => ('text' in each ? each.text : '')).join('')
    if (text !== expected) wrong(`message ${question.clientMessageId} is ${JSON.stringify(message?.parts)}`)
    // A node that wakes up may send it once more, which takes the id from a message that was deleted meanwhile.
    const mayLackId = chat.wasEverGone && history.isTroubled(question.asked)
    if (message && message.clientMessageId !== question.clientMessageId && !mayLackId)
      wrong('another clientMessageId')
  }
  for (const run of chat.runs) {
    if (run.endSeen < reply.from && byId.get(run.messageId)?.runId !== run.runId)
      wrong(`no reply of ${run.runId}`)
  }
  for (const [id, feedback] of chat.feedback) {
    const rating = byId.get(id)?.feedback?.rating ?? null
    if (byId.has(id) && !feedback.mayBe(rating, reply)) wrong(`the feedback of ${id} is ${rating}`)
  }
  for (const message of messages) {
    if (message.parentId && !byId.has(message.parentId)) wrong(`message ${message.id} has no parent`)
    const { historyFrom } = message
    if (historyFrom && !byId.has(historyFrom)) wrong(`historyFrom of ${message.id} is elsewhere`)
  }
  const { headMessageId } = conversation
  if (headMessageId && !byId.has(headMessageId)) wrong('its head is no message of it')
  for (const { id, parts } of chat.copied) {
    if (JSON.stringify(byId.get(id)?.parts) !== JSON.stringify(parts)) wrong(`copy ${id} has changed`)
  }
}
