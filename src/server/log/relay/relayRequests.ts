import { z } from 'zod'

/** Where a node answers the others. */
export const RELAY_PATH = '/internal/relay'
/** The header by which a node says who it is, and proves it. */
export const NODE_HEADER = 'riacho-node'

const wish = z.object({
  wish: z.number().int(),
  runId: z.string(),
  /** The last event that the asking node has. */
  after: z.number().int(),
})

/** A wish to follow a run after an event. */
export type Wish = z.infer<typeof wish>

/** What one node asks of another. */
export const relayRequest = z.discriminatedUnion('type', [
  /** Opens a stream, which is the answer. */
  z.object({ type: z.literal('open'), wishes: z.array(wish).readonly() }),
  /** Follows more runs on a stream, and leaves others, which come first. */
  z.object({
    type: z.literal('change'),
    stream: z.string(),
    wishes: z.array(wish).readonly(),
    leaves: z.array(z.string()).readonly(),
  }),
  /** Stops runs that somebody asked to stop. */
  z.object({ type: z.literal('stop'), runIds: z.array(z.string()).readonly() }),
])

export type RelayRequest = z.infer<typeof relayRequest>
