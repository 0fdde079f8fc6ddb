/** What API keys may be good for. `write` includes `read`, because whoever sends something also reads the answer. */
export const KEY_SCOPES = ['read', 'write'] as const
export type KeyScope = (typeof KEY_SCOPES)[number]

/** The longest name of an API key, in UTF-16 units. */
export const MAX_KEY_NAME = 100
/** Every secret of an API key begins so. A scanner for leaked secrets can find it by that. */
export const KEY_PREFIX = 'rk_'
