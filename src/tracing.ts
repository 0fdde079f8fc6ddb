import { setTimeout } from 'node:timers/promises'
import { DiagLogLevel, diag, type Tracer } from '@opentelemetry/api'
import type { Logger } from 'pino'
import { packageVersion } from './server/packageVersion.ts'

/** Any of these variables of OpenTelemetry says where traces go. */
const ENDPOINTS = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']

/** Milliseconds. */
const LONGEST_CLOSE = 3000

export interface Tracing {
  readonly tracer: Tracer
  /** Sends what has not been sent, if that takes no longer than 3 s. It never rejects. */
  close(): Promise<void>
}

/**
 * Sends traces by OTLP over HTTP, as the variables of OpenTelemetry say. `undefined` if none of them names an address: then
 * nothing of the library is loaded.
 */
export async function startTracing(
  source: Record<string, string | undefined>,
  logger: Pick<Logger, 'warn'>,
): Promise<Tracing | undefined> {
  if (!ENDPOINTS.some(name => source[name]?.trim())) return undefined
  const [{ BatchSpanProcessor, TracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ])
  const ignore = () => {}
  const warn = (message: string) => logger.warn({ reason: message }, 'traces were not sent')
  diag.setLogger(
    { error: warn, warn, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN },
  )
  const version = packageVersion()
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': source['OTEL_SERVICE_NAME'] ?? 'riacho',
      'service.version': version,
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  })
  return {
    tracer: provider.getTracer('riacho', version),
    close: () => Promise.race([provider.shutdown().catch(ignore), setTimeout(LONGEST_CLOSE)]),
  }
}
