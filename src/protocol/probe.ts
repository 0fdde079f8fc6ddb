import { PATHS } from './paths.ts'

/** What the probe sends: so many ticks, so far apart in milliseconds. */
export const PROBE_TICKS = 8
export const PROBE_INTERVAL = 150

export const PROBE_PATH = PATHS.probe

/** The data of one frame of the probe. */
export interface Tick {
  /** Its place, from 0. */
  tick: number
  /** Milliseconds from the first tick, as the server's clock has it. */
  at: number
}

/** What was seen of one probe. Times are milliseconds of the reader's clock, from the request. */
export interface ProbeRecord {
  /** The response's headers, names in lower case. */
  headers: Readonly<Record<string, string>>
  arrivals: readonly (Tick & { arrivedAt: number })[]
}

/**
 * `streams`: each tick came when it was sent. `buffered`: something held ticks back. `delayed`: they came one by one,
 * but late or unsteadily. `cut`: not all came.
 */
export type ProbeVerdict = 'streams' | 'buffered' | 'delayed' | 'cut'

/** What a proxy does that explains it; people read them in `PROBE_MESSAGES`. */
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
  /** The main one first; none when it streams as it should. */
  causes: readonly ProbeCause[]
  /** The one that names itself in the headers. */
  proxy: Proxy | null
  /** How much longer than the promptest tick the latest one was on its way, in milliseconds. */
  heldFor: number
}

/** A tick that was held for less is a matter of the network; a reader of text sees no halt in it. */
const HELD_LIMIT = 2 * PROBE_INTERVAL
/** Ticks that arrive within so many milliseconds arrive together. */
const TOGETHER = PROBE_INTERVAL / 3
const LATE_START = 1000

/** Says from the arrivals of its ticks what happens to a stream on its way, and why. */
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

/** The outermost proxy that says its name: Cloudflare puts its own in place of the one behind it. */
function proxyOf(headers: ProbeRecord['headers']): Proxy | null {
  const said = `${headers['server'] ?? ''} ${headers['via'] ?? ''} ${headers['x-powered-by'] ?? ''}`
  if ('cf-ray' in headers || /cloudflare/i.test(said)) return 'Cloudflare'
  if (/nginx|openresty/i.test(said)) return 'nginx'
  if (/caddy/i.test(said)) return 'Caddy'
  if (/apache/i.test(said)) return 'Apache'
  return /microsoft-iis|\bARR\b/i.test(said) ? 'IIS' : null
}
