import { RiachoError } from '../../protocol/errors.ts'
import type { FeedbackRequest } from '../../protocol/requests.ts'
import type { FeedbackResponse } from '../../protocol/responses.ts'
import type { OwnedId } from '../conversations/ownedId.ts'
import type { Database } from '../database/database.ts'
import { updateFeedback } from '../database/messages.ts'

/** Keeps what an owner thinks of replies. */
export function createFeedbackService({ database }: { database: Database }) {
  /** Replaces earlier feedback. Without a rating, no feedback is left. Throws `NOT_FOUND`. */
  async function give(key: OwnedId, { rating, comment }: FeedbackRequest): Promise<FeedbackResponse> {
    const feedback = rating && { rating, comment }
    const given = await database.write('power', queries => updateFeedback(queries, { ...key, feedback }))
    if (!given) throw new RiachoError('NOT_FOUND')
    return { feedback }
  }

  return { give }
}
