import { PATHS } from './paths.ts'

/** How many ticks the probe sends, and the milliseconds between two of them. */
export const PROBE_TICKS = 8
export const PROBE_INTERVAL = 150

export const PROBE_PATH = PATHS.probe

/** The data of one frame of the probe. */
export interface Tick {
  /** Its place, from 0. */
  tick: number
  /** Milliseconds since the first tick, by the clock of the server. */
  at: number
}

/** What a client saw of one probe. Times are milliseconds since the request, by the clock of the client. */
export interface ProbeRecord {
  /** The response's headers, names in lower case. */
  headers: Readonly<Record<string, string>>
  arrivals: readonly (Tick & { arrivedAt: number })[]
}

/**
 * - `streams`: each tick came when it was sent.
 * - `buffered`: something held ticks back.
 * - `delayed`: the ticks came one by one, but late or unsteadily.
 * - `cut`: some ticks never came.
 */
export type ProbeVerdict = 'streams' | 'buffered' | 'delayed' | 'cut'

/** What a proxy does to cause the verdict. People read it in `PROBE_MESSAGES`. */
export type ProbeCause =
  | 'allAtOnce'
  | 'clumps'
  | 'lateStart'
  | 'unsteady'
  | 'cut'
  | 'compression'
  | 'headerLost'

export type Proxy = 'nginx' | 'Apache' | 'Caddy' | 'Cloudflare' | 'IIS'

export interface Diagnosis {
  verdict: ProbeVerdict
  /** The main cause comes first. Empty if everything streams as it should. */
  causes: readonly ProbeCause[]
  /** The proxy that names itself in the headers. */
  proxy: Proxy | null
  /** How much longer the slowest tick travelled than the fastest one, in milliseconds. */
  heldFor: number
}

/** A shorter delay comes from the network. A reader of text does not notice it. */
const HELD_LIMIT = 2 * PROBE_INTERVAL
/** Ticks that arrive within this many milliseconds of each other arrive together. */
const TOGETHER = PROBE_INTERVAL / 3
const LATE_START = 1000

/** Says what happens to a stream on its way, and why, from the times at which its ticks arrived. */
export function diagnose(record: ProbeRecord): Diagnosis {
  const { headers, arrivals } = record
  const proxy = proxyOf(headers)
  const lateness = arrivals.map(({ at, arrivedAt }) => arrivedAt - at)
  const heldFor = arrivals.length > 0 ? Math.max(...lateness) - Math.min(...lateness) : 0
  const cause = causeOf(record, heldFor)
  if (cause === null)
    return { verdict: 'streams', causes: isCompressed(headers) ? ['compression'] : [], proxy, heldFor }
  if (cause === 'cut') return { verdict: 'cut', causes: ['cut'], proxy, heldFor }
  if (cause === 'lateStart' || cause === 'unsteady')
    return { verdict: 'delayed', causes: [cause], proxy, heldFor }
  const causes: ProbeCause[] = [cause]
  if (isCompressed(headers)) causes.push('compression')
  if (!('x-accel-buffering' in headers)) causes.push('headerLost')
  return { verdict: 'buffered', causes, proxy, heldFor }
}

function causeOf({ arrivals }: ProbeRecord, heldFor: number): ProbeCause | null {
  const first = arrivals[0]
  if (!first || arrivals.length < PROBE_TICKS) return 'cut'
  if (heldFor < HELD_LIMIT) return first.arrivedAt - first.at > LATE_START ? 'lateStart' : null
  const pieces = arrivals.filter(
    ({ arrivedAt }, index) => arrivedAt - (arrivals[index - 1]?.arrivedAt ?? -Infinity) > TOGETHER,
  ).length
  if (pieces === 1) return 'allAtOnce'
  return pieces <= PROBE_TICKS / 2 ? 'clumps' : 'unsteady'
}

function isCompressed(headers: ProbeRecord['headers']): boolean {
  return (headers['content-encoding'] ?? 'identity') !== 'identity'
}

/** The outermost proxy that names itself. Cloudflare replaces the name of the proxy behind it with its own. */
function proxyOf(headers: ProbeRecord['headers']): Proxy | null {
  const said = `${headers['server'] ?? ''} ${headers['via'] ?? ''} ${headers['x-powered-by'] ?? ''}`
  if ('cf-ray' in headers || /cloudflare/i.test(said)) return 'Cloudflare'
  if (/nginx|openresty/i.test(said)) return 'nginx'
  if (/caddy/i.test(said)) return 'Caddy'
  if (/apache/i.test(said)) return 'Apache'
  return /microsoft-iis|\bARR\b/i.test(said) ? 'IIS' : null
}
