import { connect, type Socket } from 'node:net'

export interface HttpRequest {
  port: number
  method: 'GET' | 'POST'
  path: string
  headers?: Record<string, string>
  body?: object
}

export interface BodySink {
  /** Is called when the head has come. */
  head(status: number, headers: string): void
  /** Is called with bytes of the body, as latin1. */
  data(piece: string): void
  /** `endedWell`: the response ended as HTTP requires. */
  close(endedWell: boolean): void
}

/** All sockets share this buffer. What one of them read becomes a string before the next one reads. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024)

/**
 * Sends one request over its own socket, with as little work as possible, because the clients and the fake upstream
 * share a core. Returns a function that cuts the connection.
 */
export function openHttp(
  { port, method, path, headers = {}, body }: HttpRequest,
  sink: BodySink,
): () => void {
  const onread = { buffer: READ_BUFFER, callback: (length: number) => take(length) }
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread })
  const payload = body === undefined ? '' : JSON.stringify(body)
  const lines = [`${method} ${path} HTTP/1.1`, `host: localhost:${port}`, 'accept: */*']
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  if (payload) lines.push('content-type: application/json', `content-length: ${Buffer.byteLength(payload)}`)
  socket.write(`${lines.join('\r\n')}\r\n\r\n${payload}`)
  const response = new ResponseReader(sink, socket)
  function take(length: number): boolean {
    response.read(READ_BUFFER.toString('latin1', 0, length))
    return true
  }
  socket.on('error', () => {})
  socket.on('close', () => response.close())
  return () => socket.destroy()
}

class ResponseReader {
  readonly #sink: BodySink
  readonly #socket: Socket
  #head = ''
  #mode: 'head' | 'size' | 'chunk' | 'length' | 'over' = 'head'
  /** Bytes left of the body, or of the chunk and the line break after it. */
  #left = 0
  #line = ''

  constructor(sink: BodySink, socket: Socket) {
    this.#sink = sink
    this.#socket = socket
  }

  close(): void {
    if (this.#mode === 'over') return
    this.#mode = 'over'
    this.#sink.close(false)
  }

  read(piece: string): void {
    let at = 0
    if (this.#mode === 'head') {
      this.#head += piece
      const end = this.#head.indexOf('\r\n\r\n')
      if (end < 0) return
      at = end + 4
      piece = this.#head
      this.#begin(piece.slice(0, end))
    }
    while (at < piece.length && this.#mode !== 'over') {
      at = this.#mode === 'size' ? this.#size(piece, at) : this.#body(piece, at)
    }
  }

  #begin(head: string): void {
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    const status = Number(head.slice(9, 12))
    this.#mode = length === undefined ? 'size' : 'length'
    this.#left = Number(length ?? 0)
    this.#sink.head(status, head)
    if (status === 204 || length === '0') this.#end()
  }

  #size(piece: string, at: number): number {
    const end = piece.indexOf('\n', at)
    if (end < 0) {
      this.#line += piece.slice(at)
      return piece.length
    }
    const size = Number.parseInt(this.#line + piece.slice(at, end), 16)
    this.#line = ''
    if (size === 0) this.#end()
    this.#left = size + 2
    this.#mode = this.#mode === 'over' ? 'over' : 'chunk'
    return end + 1
  }

  #body(piece: string, at: number): number {
    const end = Math.min(piece.length, at + this.#left)
    const breakLength = this.#mode === 'chunk' ? 2 : 0
    const dataEnd = Math.min(end, at + this.#left - breakLength)
    if (dataEnd > at) this.#sink.data(piece.slice(at, dataEnd))
    this.#left -= end - at
    if (this.#left === 0) {
      if (this.#mode === 'length') this.#end()
      else this.#mode = 'size'
    }
    return end
  }

  #end(): void {
    this.#mode = 'over'
    this.#socket.destroy()
    this.#sink.close(true)
  }
}

export interface Answer {
  status: number
  headers: string
  text: string
}

/** Sends one request without a stream. Rejects if the connection is cut. */
export function call(request: HttpRequest): Promise<Answer> {
  const answer: Answer = { status: 0, headers: '', text: '' }
  return new Promise((resolve, reject) => {
    openHttp(request, {
      head(status, headers) {
        answer.status = status
        answer.headers = headers
      },
      data(piece) {
        answer.text += piece
      },
      close: endedWell =>
        endedWell ? resolve(answer) : reject(new Error(`${request.method} ${request.path} was cut`)),
    })
  })
}
