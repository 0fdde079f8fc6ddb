import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { RiachoError } from '../../../protocol/errors.ts'
import { DEFAULT_LOCALE } from '../../../protocol/locale.ts'
import { headersOf } from '../answer.ts'
import { errorAnswer } from '../errors.ts'
import { SECURITY_HEADERS } from '../securityHeaders.ts'

/** What Node says of a request that it cannot read, and the status that says the same. */
const STATUS: Partial<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** Node sets this field, and its types do not name it. */
type HttpSocket = Socket & { _httpMessage?: { headersSent: boolean } | null }

/**
 * Answers what is no request, and closes the connection. If an answer has begun on the connection, it is cut, because
 * another one would become part of it.
 */
export function answerClientError(
  error: Error & { code?: string },
  socket: HttpSocket,
  requestId: string,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  if (socket._httpMessage?.headersSent) return void socket.destroy()
  const issues = [`not HTTP: ${error.code ?? error.message}`]
  const refused = new RiachoError('INVALID_REQUEST', error.message, { issues })
  const answer = errorAnswer(refused, { locale: DEFAULT_LOCALE, requestId })
  const status = STATUS[error.code ?? ''] ?? 400
  const body = JSON.stringify(answer.body)
  const headers = {
    ...SECURITY_HEADERS,
    ...headersOf(answer),
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${fields.join('')}\r\n${body}`, () =>
    socket.destroy(),
  )
}
