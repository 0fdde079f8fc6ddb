/** A conversation, a message or a share, and who asks for it. */
export interface Key {
  ownerId: string
  id: string
}
