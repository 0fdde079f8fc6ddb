import type { Migration } from 'kysely/migration'
import * as initial from './001-initial.ts'
import * as conversationLife from './002-conversation-life.ts'
import * as journal from './003-journal.ts'
import * as erasedWords from './004-erased-words.ts'
import * as countedUsage from './005-counted-usage.ts'
import * as erasedOwners from './006-erased-owners.ts'
import * as foldedTitles from './007-folded-titles.ts'
import * as historyFrom from './008-history-from.ts'
import * as order from './009-order.ts'
import * as rewriteDue from './010-rewrite-due.ts'
import * as sharesByReference from './011-shares-by-reference.ts'
import * as indexBeginnings from './012-index-beginnings.ts'
import * as ownerStorage from './013-owner-storage.ts'
import * as imports from './014-imports.ts'
import * as sessions from './015-sessions.ts'
import * as spending from './016-spending.ts'
import * as accounts from './017-accounts.ts'
import * as apiKeys from './018-api-keys.ts'
import * as retention from './019-retention.ts'
import * as administration from './020-administration.ts'
import * as passkeys from './021-passkeys.ts'
import * as groups from './022-groups.ts'
import * as tools from './023-tools.ts'
import * as files from './024-files.ts'
import * as invitations from './025-invitations.ts'
import * as toolSignIn from './026-tool-sign-in.ts'
import * as passages from './027-passages.ts'
import * as stepReservations from './028-step-reservations.ts'
import * as indexCalls from './029-index-calls.ts'
import * as renewals from './030-renewals.ts'
import * as titleIndex from './031-title-index.ts'

/** In the order of their names. Never edit a migration that has been released. */
export const migrations: Record<string, Migration> = {
  '001-initial': initial,
  '002-conversation-life': conversationLife,
  '003-journal': journal,
  '004-erased-words': erasedWords,
  '005-counted-usage': countedUsage,
  '006-erased-owners': erasedOwners,
  '007-folded-titles': foldedTitles,
  '008-history-from': historyFrom,
  '009-order': order,
  '010-rewrite-due': rewriteDue,
  '011-shares-by-reference': sharesByReference,
  '012-index-beginnings': indexBeginnings,
  '013-owner-storage': ownerStorage,
  '014-imports': imports,
  '015-sessions': sessions,
  '016-spending': spending,
  '017-accounts': accounts,
  '018-api-keys': apiKeys,
  '019-retention': retention,
  '020-administration': administration,
  '021-passkeys': passkeys,
  '022-groups': groups,
  '023-tools': tools,
  '024-files': files,
  '025-invitations': invitations,
  '026-tool-sign-in': toolSignIn,
  '027-passages': passages,
  '028-step-reservations': stepReservations,
  '029-index-calls': indexCalls,
  '030-renewals': renewals,
  '031-title-index': titleIndex,
}
