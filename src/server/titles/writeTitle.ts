import type { Logger } from 'pino'
import type { Provider, TitleRequest } from '../generation/provider.ts'
import { cleanTitle } from './cleanTitle.ts'

/** The provider is interrupted after this many characters. */
const MAX_WRITTEN = 160

export interface WriteTitleOptions {
  write: NonNullable<Provider['title']>
  signal: AbortSignal
  logger: Logger
  /** Is called with the title so far. */
  onTitle: (title: string) => void
}

/** The title that the provider writes. `undefined` if it fails, or writes nothing that could be a title. */
export async function writeTitle(
  request: TitleRequest,
  { write, signal, logger, onTitle }: WriteTitleOptions,
): Promise<string | undefined> {
  let text = ''
  try {
    for await (const piece of write(request, signal)) {
      text += piece
      onTitle(cleanTitle(text))
      if (text.length > MAX_WRITTEN || /\S\s*\n/.test(text)) break
    }
    if (signal.aborted) return undefined
  } catch (error) {
    logger.warn({ err: error }, 'the provider failed at a title')
    return undefined
  }
  return cleanTitle(text) || undefined
}
