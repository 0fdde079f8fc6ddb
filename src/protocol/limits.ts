/** Largest request body, in bytes. */
export const MAX_BODY_BYTES = 1_048_576
