import { useFormatter } from 'use-intl'
import { RETENTION_NOTICE_DAYS } from '../../../protocol/limits.ts'
import type { Conversation } from '../../../protocol/responses.ts'

const NOTICE = RETENTION_NOTICE_DAYS * 24 * 60 * 60 * 1000

/** The day on which a conversation is deleted by itself, in words. `null` if that is not soon. */
export function useExpiryDate({ expiresAt }: Pick<Conversation, 'expiresAt'>): string | null {
  const format = useFormatter()
  if (expiresAt === null || expiresAt - Date.now() > NOTICE) return null
  return format.dateTime(new Date(expiresAt), { day: 'numeric', month: 'long' })
}
