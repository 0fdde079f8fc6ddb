import { textOf } from '../../src/protocol/parts.ts'
import type { ConversationExport } from '../../src/protocol/responses.ts'

/** A message that was sent, with what its sender saw of the reply. */
export interface Sent {
  readonly word: string
  seen: string
  /** The status of the `run-end` that the sender saw. */
  ended: string | undefined
}

export interface Modelled {
  /** Unknown until an answer names it. */
  id: string | undefined
  readonly messages: readonly Sent[]
  /** The earliest and the latest time of the deletion, by the server's time of day. Absent if it is not deleted. */
  readonly deleted?: { readonly from: number; to: number }
}

/**
 * What one owner has, by the title of each conversation. A call that was acknowledged makes one model. A call that was
 * cut leaves two candidates: the model without it, and the model with all of it.
 */
export type Model = ReadonlyMap<string, Modelled>

export function withConversation(model: Model, title: string, conversation: Modelled): Model {
  return new Map([...model, [title, conversation]])
}

export const isPresent = ({ deleted }: Modelled) => deleted === undefined

/** The title and the words of the messages of each conversation. */
export function wordsOf(model: Model): string[] {
  return [...model].flatMap(([title, { messages }]) => [title, ...messages.map(({ word }) => word)])
}

/**
 * How what the server exports differs from `model`. `isFinal`: no reply is being written any more, so each message has
 * one.
 */
export function differences(
  model: Model,
  exported: readonly ConversationExport[],
  { isFinal }: { isFinal: boolean },
): string[] {
  const found: string[] = []
  const byTitle = Map.groupBy(exported, ({ conversation }) => conversation.title)
  for (const title of byTitle.keys()) {
    const modelled = model.get(title)
    if (!modelled) found.push(`“${title}” is there, and was never begun`)
    else if (!isPresent(modelled)) found.push(`“${title}” is there, and was deleted`)
  }
  for (const [title, modelled] of model) {
    if (!isPresent(modelled)) continue
    const [only, ...more] = byTitle.get(title) ?? []
    if (!only) found.push(`“${title}” is not there`)
    else if (more.length > 0) found.push(`“${title}” is there ${more.length + 1} times`)
    else found.push(...differentMessages(title, modelled, only, isFinal))
  }
  return found
}

function differentMessages(
  title: string,
  { id, messages }: Modelled,
  exported: ConversationExport,
  isFinal: boolean,
): string[] {
  if (id !== undefined && exported.conversation.id !== id) return [`“${title}” has another id`]
  const asked = exported.messages.filter(({ role }) => role === 'USER')
  const words = asked.map(({ parts }) => textOf(parts))
  if (words.join() !== messages.map(({ word }) => word).join()) {
    return [`“${title}” has the messages ${words}, and was sent ${messages.map(({ word }) => word)}`]
  }
  return messages.flatMap((sent, index) => {
    const replies = exported.messages.filter(({ parentId, role }) => {
      return role === 'ASSISTANT' && parentId === asked[index]?.id
    })
    return differentReply(sent, replies, isFinal)
  })
}

function differentReply(
  { word, seen, ended }: Sent,
  replies: ConversationExport['messages'],
  isFinal: boolean,
): string[] {
  const [reply, ...more] = replies
  if (more.length > 0) return [`${word} has ${replies.length} replies`]
  if (reply?.role !== 'ASSISTANT') return isFinal || ended ? [`${word} has no reply`] : []
  const text = textOf(reply.parts)
  if (!text.startsWith(seen)) return [`the reply to ${word} lacks text that was seen: ${seen} | ${text}`]
  if (ended && (reply.status !== ended || text !== seen))
    return [
      `the reply to ${word} ended as ${ended} with ${seen}, and is stored as ${reply.status} with ${text}`,
    ]
  return []
}
