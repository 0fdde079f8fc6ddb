/** The header of a response that began a new owner. */
export const NEW_OWNER = { name: 'riacho-owner', value: 'new' } as const
