import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createFullClient } from '../../src/browser/fullClient.ts'
import { currentOf } from '../../src/client/chat/chatState.ts'
import { isStoredFile } from '../../src/protocol/parts.ts'
import { createFaultProxy } from '../harness/faultProxy.ts'
import { mountForTokens, tokenOf } from '../harness/mountedApp.ts'
import { NGINX, startNginx } from './nginx.ts'

const SIZE = 1_200_000
const LINE = Buffer.from('ação;1,00;2026-11-30\n')
const BYTES = Buffer.alloc(SIZE, LINE)

test.skipIf(!existsSync(NGINX))(
  'a large file comes through an nginx with its default limits, over a link that is cut every 300 kB',
  { timeout: 60_000 },
  async () => {
    await using app = await mountForTokens()
    await using nginx = await startNginx(app.url)
    await using link = await createFaultProxy(Number(new URL(nginx.url).port), {
      cutAfterSent: 300_000,
      cutBy: 'reset',
    })
    const client = createFullClient({ baseUrl: link.url, token: tokenOf('ana') })
    const stop = client.start()
    client.upload([
      {
        name: 'vendas.csv',
        size: SIZE,
        mediaType: 'text/csv',
        bytes: async (from, to) => new Uint8Array(BYTES.subarray(from, to)).buffer,
      },
    ])
    const { attachments } = await expect
      .poll(() => currentOf(client.getState()), { timeout: 50_000 })
      .toMatchObject({ attachments: [{ type: 'document', name: 'vendas.csv', size: SIZE }] })
      .then(() => currentOf(client.getState()))
    expect(link.connections.length).toBeGreaterThan(3)
    const [file] = attachments.filter(isStoredFile)
    const blob = await client.readFile(file?.fileId ?? '')
    expect(Buffer.from(await blob.arrayBuffer()).equals(BYTES)).toBe(true)
    stop()
  },
)
