import { constants, createBrotliDecompress, createUnzip, createZstdDecompress } from 'node:zlib'

export interface ContentDecoder {
  write(bytes: Uint8Array): void
  /** The body has ended. `onEnd` is called once all of it was given. */
  end(): void
  destroy(): void
}

export interface DecodedTo {
  onBytes(bytes: Uint8Array): void
  onEnd(): void
  /** The bytes are not what their encoding says. */
  onError(error: Error): void
}

/**
 * Takes the compression off a body. Riacho asks for none, but some servers and proxies compress all the same. Returns
 * `undefined` if the body needs no decoder.
 */
export function createContentDecoder(encoding: unknown, to: DecodedTo): ContentDecoder | undefined {
  const stream = decompressorOf(String(encoding).trim().toLowerCase())
  if (!stream) return undefined
  stream.on('data', to.onBytes).on('end', to.onEnd).on('error', to.onError)
  return {
    write: bytes => void stream.write(bytes),
    end: () => void stream.end(),
    destroy: () => void stream.destroy(),
  }
}

/** Flushes at the end, so that a cut body still gives its bytes. */
function decompressorOf(encoding: string) {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
    case 'deflate':
      return createUnzip({ finishFlush: constants.Z_SYNC_FLUSH })
    case 'br':
      return createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH })
    case 'zstd':
      return createZstdDecompress({ finishFlush: constants.ZSTD_e_flush })
    default:
      return undefined
  }
}
