/** The id of a conversation, a message or a share, and the owner who asks for it. */
export interface OwnedId {
  ownerId: string
  id: string
}
