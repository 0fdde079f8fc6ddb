/** What a page does with the events of a reply. PROTOCOL.md of Riacho describes them. */
export interface Followed {
  onStart(start: { conversationId: string; runId: string }): void
  onText(text: string): void
  /** Replaces everything seen so far. */
  onWhole(text: string): void
  onEnd(end: { status: string; message?: string }): void
}

interface Part {
  type: string
  text?: string
}

/** Follows a run after event `after`. The browser reconnects by itself, and names the last event that it has. */
export function followRun(runId: string, after: number, followed: Followed): () => void {
  const events = new EventSource(`/api/chat/runs/${runId}/events?after=${after}`)
  let seen = after
  const listen = (type: string, read: (data: never) => void) =>
    events.addEventListener(type, event => {
      const { lastEventId, data } = event as MessageEvent<string>
      const seq = Number(lastEventId)
      if (type !== 'snapshot' && seq <= seen) return
      seen = seq
      read(JSON.parse(data) as never)
    })
  listen('run-start', followed.onStart)
  listen('message', ({ content }: { content: string }) => followed.onText(content))
  listen('snapshot', (snapshot: { conversationId: string; runId: string; parts: Part[] }) => {
    followed.onStart(snapshot)
    followed.onWhole(textOf(snapshot.parts))
  })
  listen('run-end', (end: { status: string; message?: string }) => {
    events.close()
    followed.onEnd(end)
  })
  return () => events.close()
}

export function textOf(parts: readonly Part[]): string {
  return parts.map(part => (part.type === 'text' ? part.text : '')).join('')
}
