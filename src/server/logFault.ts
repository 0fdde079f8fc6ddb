import type { Logger } from 'pino'
import { RiachoError } from '../protocol/errors.ts'

/** Logs an error, unless the log has a line about its cause already. */
export function logFault(
  logger: Pick<Logger, 'error'>,
  error: unknown,
  { message, ...fields }: { message: string } & Record<string, unknown>,
): void {
  if (error instanceof RiachoError && error.details.isLogged) return
  logger.error({ err: error, ...fields }, message)
}
