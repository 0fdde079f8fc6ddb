import type { Migration } from 'kysely/migration'
import * as baseline from './001-baseline.ts'
import * as sessions from './002-sessions.ts'
import * as spending from './003-spending.ts'
import * as accounts from './004-accounts.ts'
import * as apiKeys from './005-api-keys.ts'
import * as retention from './006-retention.ts'
import * as administration from './007-administration.ts'
import * as passkeys from './008-passkeys.ts'
import * as groups from './009-groups.ts'
import * as tools from './010-tools.ts'
import * as files from './011-files.ts'
import * as invitations from './012-invitations.ts'
import * as toolSignIn from './013-tool-sign-in.ts'
import * as passages from './014-passages.ts'
import * as stepReservations from './015-step-reservations.ts'
import * as indexCalls from './016-index-calls.ts'
import * as renewals from './017-renewals.ts'

/** In the order of their names. Never edit a migration that has been released. */
export const migrations: Record<string, Migration> = {
  '001-baseline': baseline,
  '002-sessions': sessions,
  '003-spending': spending,
  '004-accounts': accounts,
  '005-api-keys': apiKeys,
  '006-retention': retention,
  '007-administration': administration,
  '008-passkeys': passkeys,
  '009-groups': groups,
  '010-tools': tools,
  '011-files': files,
  '012-invitations': invitations,
  '013-tool-sign-in': toolSignIn,
  '014-passages': passages,
  '015-step-reservations': stepReservations,
  '016-index-calls': indexCalls,
  '017-renewals': renewals,
}
