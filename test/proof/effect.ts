/** The effect of one call. */
export interface Effect {
  /** The message whose run made the call. */
  messageId: string
  callId: string
  tool: string
  conversationId: string
  arguments: Record<string, unknown>
  /** What people answered to it. */
  values?: readonly string[]
  /** It had no effect: the tool waited for an answer in vain. */
  hasGivenUp?: boolean
}
