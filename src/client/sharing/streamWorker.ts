import { createBrowser } from '../browser.ts'
import { createStreamHub } from './streamHub.ts'

const hub = createStreamHub({ browser: createBrowser() })

addEventListener('connect', event => {
  for (const port of (event as MessageEvent).ports) {
    const receive = hub.connect(message => port.postMessage(message))
    port.onmessage = ({ data }) => receive(data)
  }
})
