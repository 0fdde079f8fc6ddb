/** Largest request body, in bytes. */
export const MAX_BODY_BYTES = 1_048_576
/** Attachments of one message, at most. */
export const MAX_ATTACHMENTS = 10
/** The longest name of an attachment or a file, in UTF-16 units. */
export const MAX_ATTACHMENT_NAME = 200
/** The longest time that an owner can choose for retention, in days. */
export const MAX_RETENTION_DAYS = 3650
/** How long before its deletion a conversation has an `expiresAt` at least, in days. */
export const RETENTION_NOTICE_DAYS = 7
/** The longest address of an account, as RFC 5321 allows it. */
export const MAX_EMAIL = 254
export const MAX_ACCOUNT_NAME = 100
export const MIN_PASSWORD = 10
export const MAX_PASSWORD = 256
/** The most money that a limit can have, in units of the currency: what a sum of the database can hold. */
export const MAX_LIMIT_MONEY = 1_000_000_000
/** The most tokens that a limit can have. */
export const MAX_LIMIT_TOKENS = 1_000_000_000_000
export const MAX_GROUP_NAME = 100
/** The most groups of an installation. */
export const MAX_GROUPS = 1000
/** The most conversations of one owner that administrators see counted. */
export const MOST_COUNTED = 1000
/** The fewest bytes of a piece that is not the rest of its file. */
export const MIN_PIECE_BYTES = 16_384
/** The content type of a piece of a file. A browser asks before it sends it to another origin. */
export const PIECE_TYPE = 'application/offset+octet-stream'

/** The most decisions of one request. A run makes no more calls in one step. */
export const MAX_DECISIONS = 40
/** The most passkeys of one account. */
export const MAX_PASSKEYS = 20
export const MAX_PASSKEY_NAME = 100
/** The most answers of one request: those of all calls of a step. */
export const MAX_ANSWERS = 160
/** The most fields of a form, the longest name of one, and the longest text in one, in UTF-16 units. */
export const MAX_FIELDS = 30
export const MAX_FIELD_NAME = 100
export const MAX_FIELD_TEXT = 10_000
/** The most options of a field. */
export const MAX_FIELD_OPTIONS = 200
