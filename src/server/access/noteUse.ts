import type { Logger } from 'pino'
import { logFault } from '../logFault.ts'
import { NOTE_INTERVAL } from './knownTokens.ts'

/** What could not be noted is tried again after this, in milliseconds. */
const NOTE_AGAIN = 60_000

/** Stores by `note` that a token is used, if that is due. No request waits for it. */
export function noteUse(
  token: { noteAt: number },
  { steadyTime, logger }: { steadyTime: () => number; logger: Logger },
  note: (at: number) => Promise<void>,
): void {
  const now = steadyTime()
  if (now < token.noteAt) return
  token.noteAt = now + NOTE_AGAIN
  note(now)
    .then(() => {
      token.noteAt = now + NOTE_INTERVAL
    })
    .catch((error: unknown) =>
      logFault(logger, error, { message: 'the use of a session or an API key was not stored' }),
    )
}
