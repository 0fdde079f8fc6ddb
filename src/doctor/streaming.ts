import { readProbe } from '../client/chat/runs/readProbe.ts'
import { PATHS } from '../protocol/paths.ts'
import { type Diagnosis, diagnose } from '../protocol/probe.ts'
import { PROBE_MESSAGES } from '../protocol/probeMessages.ts'
import { remediesOf } from '../protocol/proxyRemedies.ts'
import { durationOf, type Finding, fail, ok, warn } from './finding.ts'
import type { Site } from './site.ts'

const MESSAGES = PROBE_MESSAGES.en
const LATE_REMEDY = 'look for what is slow between here and the server'

/** Checks that text arrives when it is written, and uncompressed. */
export async function checkStreaming(site: Site): Promise<Finding[]> {
  const first = await probe(site)
  // A machine that was busy for a moment delays one probe, but not two.
  const isDelayed = !Array.isArray(first) && first.diagnosis.verdict === 'delayed'
  const probed = isDelayed ? await probe(site) : first
  if (Array.isArray(probed)) return probed
  const { diagnosis, encoding } = probed
  return [streamingOf(diagnosis), compressionOf(diagnosis, encoding)]
}

interface Probed {
  diagnosis: Diagnosis
  /** The `content-encoding` of the stream. */
  encoding: string | undefined
}

/** Reads the stream that the server offers for it. Gives what is wrong if there is none. */
async function probe(site: Site): Promise<Probed | Finding[]> {
  const askedAt = performance.now()
  const response = await site.fetch(PATHS.probe)
  const type = response.headers.get('content-type') ?? ''
  if (response.status === 429) {
    return [
      warn('streaming', 'not looked at: too many probes came from this address', 'try again in a minute'),
    ]
  }
  if (response.status !== 200 || !type.startsWith('text/event-stream')) {
    const text = `${PATHS.probe} answers ${response.status} ${type}`
    return [
      fail('streaming', text, 'pass every path on to Riacho; update it if it is older than this command'),
    ]
  }
  const record = await readProbe(response, { askedAt, now: () => performance.now() })
  return { diagnosis: diagnose(record), encoding: record.headers['content-encoding'] }
}

function streamingOf(diagnosis: Diagnosis): Finding {
  const { verdict, causes, heldFor } = diagnosis
  if (verdict === 'streams')
    return ok('streaming', `text arrives as it is written, at most ${durationOf(heldFor)} late`)
  const own = causes.filter(cause => cause !== 'compression')
  const text = own.map(cause => MESSAGES[cause]).join(' ')
  if (verdict === 'delayed') return warn('streaming', text, LATE_REMEDY)
  if (verdict === 'cut') return fail('streaming', text, LATE_REMEDY)
  return fail('streaming', text, ...remedyLines({ ...diagnosis, causes: own }))
}

function compressionOf(diagnosis: Diagnosis, encoding: string | undefined): Finding {
  if (!diagnosis.causes.includes('compression')) return ok('compression', 'streams are not compressed')
  const remedies = remedyLines({ ...diagnosis, verdict: 'streams', causes: ['compression'] })
  return warn('compression', `streams are compressed (${encoding}), though they ask not to be`, ...remedies)
}

function remedyLines(diagnosis: Diagnosis): string[] {
  return remediesOf(diagnosis).flatMap(({ proxy, lines }) => lines.map(line => `${proxy}: ${line}`))
}
