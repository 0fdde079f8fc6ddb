import { HUB_NAME, type OpenLink } from '../client/streams/hubProtocol.ts'

/** A link to the worker that all tabs of a browser share. `null` where there is none. */
export const openWorkerLink: OpenLink = ({ onMessage, onBroken }) => {
  if (typeof SharedWorker === 'undefined') return null
  try {
    const worker = new SharedWorker(new URL('./streamWorker.ts', import.meta.url), {
      type: 'module',
      name: HUB_NAME,
    })
    worker.onerror = () => onBroken()
    worker.port.onmessage = ({ data }) => onMessage(data)
    return {
      post: message => worker.port.postMessage(message),
      rest: () => {},
      close: () => worker.port.close(),
    }
  } catch {
    return null
  }
}
