import { z } from 'zod'
import type { SearchEnd, SearchStart, SearchState } from '../../../protocol/searches.ts'
import { count, type Fields, name, oneOf } from './shapes.ts'

const startFields = {
  searchId: z.string().describe('Names the search in its run.'),
  queries: z.array(z.string()).describe('What it searched for. Often known only at the end. Untrusted.'),
  url: z.string().describe('The page that it opened, or looked through.').optional(),
  found: count.describe('How many pages it found.').optional(),
} satisfies Fields<SearchStart>

const ENDS = { completed: 0, failed: 0 }

export const searchFields = {
  ...startFields,
  status: oneOf<SearchState['status']>({ running: 0, ...ENDS, stopped: 0 }),
} satisfies Fields<SearchState>

/** The events of searches of the provider. */
export const SEARCH_EVENTS = {
  'search-start': name('SearchStart', z.object(startFields)),
  'search-end': name(
    'SearchEnd',
    z.object({ ...startFields, status: oneOf<SearchEnd['status']>(ENDS) } satisfies Fields<SearchEnd>),
  ),
}
