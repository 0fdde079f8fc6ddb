import type { Browser, TextStorage } from './browser.ts'
import type { OpenConversation } from './chatState.ts'

/** A message on its way, as it is kept over a reload: sent again with the same id it cannot be stored twice. */
export interface KeptMessage {
  clientMessageId: string
  conversationId: string | null
  assistant: string | null
  content: string
  createdAt: number
}

const OUTGOING_KEY = 'riacho.outgoing'

/** What was typed and not sent in a conversation; in a new one for `null`. */
export function readDraft(browser: Browser, conversationId: string | null): string {
  return browser.localStorage.read(draftKey(conversationId)) ?? ''
}

export function writeDraft(browser: Browser, conversationId: string | null, draft: string): void {
  browser.localStorage.write(draftKey(conversationId), draft === '' ? null : draft)
}

export function readOutgoing(browser: Browser): KeptMessage[] {
  return readKept(browser.tabStorage)
}

export function keepOutgoing(browser: Browser, open: OpenConversation): void {
  if (!open.outgoing) return
  const { clientMessageId, content, createdAt } = open.outgoing
  const message = { clientMessageId, conversationId: open.id, assistant: open.assistant, content, createdAt }
  writeKept(browser.tabStorage, [...readKept(browser.tabStorage), message])
}

export function forgetOutgoing(browser: Browser, clientMessageId: string): void {
  const kept = readKept(browser.tabStorage)
  writeKept(
    browser.tabStorage,
    kept.filter(message => message.clientMessageId !== clientMessageId),
  )
}

function draftKey(conversationId: string | null): string {
  return `riacho.draft.${conversationId ?? 'new'}`
}

function readKept(storage: TextStorage): KeptMessage[] {
  try {
    return JSON.parse(storage.read(OUTGOING_KEY) ?? '[]') as KeptMessage[]
  } catch {
    return []
  }
}

function writeKept(storage: TextStorage, messages: KeptMessage[]): void {
  storage.write(OUTGOING_KEY, messages.length === 0 ? null : JSON.stringify(messages))
}
