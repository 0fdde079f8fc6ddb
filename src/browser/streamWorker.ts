import { createStreamHub } from '../client/streams/streamHub.ts'
import { createBrowser } from './createBrowser.ts'

const hub = createStreamHub({ browser: createBrowser() })

addEventListener('connect', event => {
  for (const port of (event as MessageEvent).ports) {
    const receive = hub.connect(message => port.postMessage(message))
    port.onmessage = ({ data }) => receive(data)
  }
})
