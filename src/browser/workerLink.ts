import { HUB_NAME, type OpenHubLink } from '../client/streams/hubProtocol.ts'

/** Links this tab to the worker that all tabs of a browser share. Gives `null` if the browser has no such workers. */
export const openWorkerLink: OpenHubLink = ({ onMessage, onBroken }) => {
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
