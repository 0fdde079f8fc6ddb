import type { ServerResponse } from 'node:http'
import type { Outlet } from '../outlet.ts'

type Headers = Readonly<Record<string, string | string[]>>

/** Writes to the raw socket of a response, because that costs half as much as writing to the response. */
export class SocketOutlet implements Outlet {
  readonly #response: ServerResponse
  /** Headers set before the stream began, among them the session cookie. */
  readonly #headersSet: Headers

  constructor(response: ServerResponse, headersSet: Headers) {
    this.#response = response
    this.#headersSet = headersSet
  }

  get pending(): number {
    return this.#response.writableLength
  }

  get waitsForTurn(): boolean {
    return !this.#response.socket
  }

  onClose(callback: () => void): void {
    // If the client left while its message was being stored, `close` has already fired.
    if (this.#response.destroyed) callback()
    else this.#response.once('close', callback)
  }

  begin(headers: Headers): void {
    this.#response.writeHead(200, { ...this.#headersSet, ...headers })
    this.#response.flushHeaders()
  }

  sendNothing(headers: Headers): void {
    this.#response.writeHead(204, { ...this.#headersSet, ...headers }).end()
  }

  /**
   * Writes one chunk of the chunked encoding to the socket as one string. `response.write` would write four strings and
   * take twice as long. Three clients get the chunk through `response.write`: an old client (HTTP/1.0), a client whose
   * request waits behind another on its connection, and a client that has closed its side.
   */
  write(text: string, onLeft?: (error?: Error | null) => void): void {
    const { socket, chunkedEncoding } = this.#response
    if (!socket?.writable || !chunkedEncoding) return void this.#response.write(text, onLeft)
    const bytes = Buffer.byteLength(text)
    socket.write(`${bytes.toString(16)}\r\n${text}\r\n`, bytes === text.length ? 'latin1' : 'utf8', onLeft)
  }

  end(): void {
    this.#response.end()
  }

  cut(): void {
    this.#response.destroy()
  }
}
