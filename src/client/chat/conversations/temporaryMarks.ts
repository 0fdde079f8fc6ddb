import { PATHS } from '../../../protocol/paths.ts'
import type { Conversation, ConversationResponse } from '../../../protocol/responses.ts'
import { callApi } from '../../api.ts'
import type { Browser } from '../../browser.ts'
import type { ChatContext } from '../chatContext.ts'
import { forgetDraftsOf } from '../composing/savedDrafts.ts'

/*
 * What was typed in a temporary conversation and not sent goes with it, also if it goes while no page is open. So the
 * storage that all tabs share has a mark for each, with the time at which it goes.
 */

const MARKS = 'riacho.temporary.'

/** Remembers a temporary conversation, and when it goes. */
export function noteTemporary(browser: Browser, conversation: Conversation): void {
  const { id, temporary, expiresAt } = conversation
  if (temporary) browser.localStorage.write(MARKS + id, String(expiresAt ?? ''))
}

export function isNotedTemporary(browser: Browser, conversationId: string): boolean {
  return browser.localStorage.read(MARKS + conversationId) !== null
}

/** A temporary conversation is gone: forgets all that this browser keeps of it. */
export function forgetTemporary(browser: Browser, conversationId: string): void {
  forgetDraftsOf(browser, conversationId)
  browser.localStorage.write(MARKS + conversationId, null)
}

/**
 * Forgets the temporary conversations that went while no page was open. Each is asked for, because another device may have
 * written in it since.
 */
export async function forgetGoneTemporaries({ browser }: ChatContext): Promise<void> {
  const now = browser.timers.now()
  for (const key of browser.localStorage.keys(MARKS)) {
    const id = key.slice(MARKS.length)
    if (Number(browser.localStorage.read(key)) > now) continue
    const call = { method: 'GET', path: PATHS.conversation(id) } as const
    const result = await callApi<ConversationResponse>(browser, call)
    if (result.ok) noteTemporary(browser, result.value.conversation)
    else if (result.failure === 'NOT_FOUND') forgetTemporary(browser, id)
  }
}

/** Forgets every mark. */
export function forgetTemporaryMarks(browser: Browser): void {
  browser.localStorage.clear(MARKS)
}
