import { join } from 'node:path'
import { freePort } from '../../test/harness/freePort.ts'
import { content, type Dialect, openai } from '../harness/dialects.ts'
import { RELAY_CORE } from '../harness/machine.ts'
import { BENCH, NODE, startProcess, untilAnswers } from '../harness/processes.ts'
import type { Peer } from './peer.ts'

const openaiBody = (text: string) => ({ model: 'bench', input: text, stream: true })

/** No relay: what the fake upstream and the clients can do alone. */
export const direct: Peer = {
  name: 'direct',
  title: 'direct (no relay)',
  dialect: openai,
  start: async ({ upstream }) => ({
    port: Number(new URL(upstream).port),
    pids: () => [],
    coldStart: 0,
    stop: async () => {},
  }),
  send: (port, text) => ({ port, method: 'POST', path: '/v1/responses', body: openaiBody(text) }),
}

export const rawPipe = pipe({
  name: 'raw',
  title: 'raw `node:http` pipe',
  file: 'rawPipe.ts',
  dialect: openai,
  bodyOf: openaiBody,
})

export const parsingPipe = pipe({
  name: 'parsing',
  title: 'pipe that parses SSE',
  file: 'parsingPipe.ts',
  dialect: content,
  bodyOf: text => ({ content: text }),
})

/** It has no Stop, and no way back to a reply that was cut, so it is not measured in those. */
export const storingPipe: Peer = {
  ...pipe({
    name: 'storing',
    title: "pipe that stores every 200 ms, HuggingChat's way",
    file: 'storingPipe.ts',
    dialect: content,
    bodyOf: text => ({ content: text }),
  }),
  scenarios: ['silence', 'sweep', 'shape', 'saturation', 'ladder'],
}

function pipe(options: {
  name: string
  title: string
  file: string
  dialect: Dialect
  bodyOf: (text: string) => object
}): Peer {
  const { file, bodyOf, ...rest } = options
  return {
    ...rest,
    async start({ upstream, folder, log }) {
      const port = await freePort()
      const env = { PORT: String(port), OPENAI_BASE_URL: upstream, DATABASE_FILE: join(folder, 'pipe.db') }
      const args = [NODE, join(BENCH, 'relays', file)]
      const { pids, stop, ...started } = startProcess({ args, core: RELAY_CORE, env, log })
      const coldStart = await untilAnswers(`http://127.0.0.1:${port}/`, { pids, stop, ...started })
      return { port, pids, coldStart, stop }
    },
    send: (port, text) => ({ port, method: 'POST', path: '/', body: bodyOf(text) }),
  }
}
