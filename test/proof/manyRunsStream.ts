import type { EventSourceMessage } from 'eventsource-parser'
import { decodeMark, manyRunsUrl } from '../../src/protocol/manyRuns.ts'
import { decodeFrame } from '../../src/protocol/sse.ts'
import type { Frame, TestClient } from '../harness/client.ts'
import { StreamReader } from '../harness/connections.ts'

export type ManyRunsFrame = { runId: string } & (Frame | { mark: 'run-done' | 'run-gone' })

/** A stream of many runs. Each frame comes with the run that it belongs to. */
export class ManyRunsStream extends StreamReader<ManyRunsFrame> {
  #runId = ''

  static async open(
    client: TestClient,
    positions: readonly { runId: string; seq: number }[],
  ): Promise<ManyRunsStream> {
    return new ManyRunsStream(await client.request('GET', manyRunsUrl(positions), {}))
  }

  protected frameOf({ id, event: name, data }: EventSourceMessage): ManyRunsFrame | undefined {
    const mark = decodeMark(name, data)
    if (mark && mark.type !== 'run') return { runId: mark.runId, mark: mark.type }
    if (mark) this.#runId = mark.runId
    const event = mark ? undefined : decodeFrame(name, data)
    return event && { runId: this.#runId, seq: Number(id), event }
  }
}
