import { type MessagePort, workerData } from 'node:worker_threads'
import { Client, types } from 'pg'

/** A statement that another thread waits for. */
export interface Question {
  url: string
  text: string
  values: readonly (string | number)[]
}

/** A thread that asks PostgreSQL, so that a test can wait where it reads. `done` wakes the one that waits. */
export interface AskerData {
  port: MessagePort
  done: Int32Array
}

const { port, done } = workerData as AskerData
const INT8 = 20
types.setTypeParser(INT8, Number)

port.on('message', async ({ url, text, values }: Question) => {
  const client = new Client({ connectionString: url })
  // The server may die. Whoever asks hears of it.
  client.on('error', () => {})
  try {
    await client.connect()
    port.postMessage({ rows: (await client.query(text, [...values])).rows })
  } catch (error) {
    port.postMessage({ problem: String(error) })
  } finally {
    await client.end()
    Atomics.store(done, 0, 1)
    Atomics.notify(done, 0)
  }
})
