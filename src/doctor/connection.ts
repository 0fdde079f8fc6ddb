import { once } from 'node:events'
import { isIP } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { type Finding, fail, note, ok, warn } from './finding.ts'
import { reasonOf, type Site } from './site.ts'

const DAY = 24 * 60 * 60 * 1000
/** If so few days are left, or so small a part of the certificate's life, automatic renewal has failed. */
const DAYS_LEFT = 10
const PART_LEFT = 1 / 4
/** How many seconds two clocks may differ. */
const CLOCK_LIMIT = 60

/** Checks that browsers reach the server: certificate, HTTP version, health, clock. */
export async function checkConnection(site: Site): Promise<{ findings: Finding[]; reached: boolean }> {
  const findings = site.isHttps ? await checkTls(site) : [checkPlain(site)]
  if (findings.some(({ verdict }) => verdict === 'FAIL')) return { findings, reached: false }
  const health = await checkHealth(site)
  findings.push(...health)
  return { findings, reached: !health.some(({ verdict }) => verdict === 'FAIL') }
}

function checkPlain({ isLoopback }: Site): Finding {
  return isLoopback
    ? ok('tls', 'plain http, which never leaves this machine')
    : warn(
        'tls',
        'plain http: everyone on the way can read the conversations',
        'put an https proxy in front; see docs/deployment/behind-a-proxy.md',
      )
}

async function checkTls({ origin }: Site): Promise<Finding[]> {
  const { hostname, port } = new URL(origin)
  const host = hostname.replace(/^\[|\]$/g, '')
  const socket = connect({
    host,
    port: Number(port || 443),
    ...(isIP(host) === 0 && { servername: host }),
    ALPNProtocols: ['h2', 'http/1.1'],
    rejectUnauthorized: false,
  })
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(15_000) })
    return [certificateOf(socket), versionOf(socket.alpnProtocol)]
  } catch (error) {
    return [
      fail('reachable', `${origin} does not answer: ${reasonOf(error)}`, 'check address, port and firewall'),
    ]
  } finally {
    socket.destroy()
  }
}

function certificateOf(socket: TLSSocket): Finding {
  if (!socket.authorized) {
    return fail(
      'tls',
      `browsers refuse the certificate: ${socket.authorizationError}`,
      'get one for this name from a public authority; Caddy does it by itself',
      'for an authority of your own: NODE_EXTRA_CA_CERTS=ca.pem npm run doctor -- …',
    )
  }
  const { valid_from, valid_to } = socket.getPeerCertificate()
  const daysFrom = (time: number) => (Date.parse(valid_to) - time) / DAY
  const daysLeft = daysFrom(Date.now())
  const text = `valid certificate, ${Math.floor(daysLeft)} days left`
  return daysLeft < Math.min(DAYS_LEFT, daysFrom(Date.parse(valid_from)) * PART_LEFT)
    ? warn('tls', text, 'its renewal does not seem to work')
    : ok('tls', text)
}

function versionOf(protocol: string | false | null): Finding {
  return protocol === 'h2' ? ok('http', 'HTTP/2') : HTTP_1
}

const HTTP_1 = note(
  'http',
  'HTTP/1.1: browsers open six connections a host, and the tabs of one share theirs',
)

async function checkHealth(site: Site): Promise<Finding[]> {
  const before = Date.now()
  let response: Response
  try {
    response = await site.fetch('/api/health')
  } catch (error) {
    const remedy = site.isLoopback ? 'start it with npm start' : 'check that the server and its proxy run'
    return [fail('reachable', `${site.origin} does not answer: ${reasonOf(error)}`, remedy)]
  }
  const findings = [ok('reachable', site.origin)]
  if (!site.isHttps) findings.push(HTTP_1)
  const body: { status?: string; code?: string } | null = await response.json().catch(() => null)
  const health = healthOf(response, body ?? {}, site)
  findings.push(health)
  const date = response.headers.get('date')
  if (health.verdict === 'ok' && date) {
    findings.push(clockOf((Date.parse(date) - (before + Date.now()) / 2) / 1000))
  }
  return findings
}

function healthOf(response: Response, body: { status?: string; code?: string }, { origin }: Site): Finding {
  const { status, headers } = response
  if (status === 200 && body.status === 'ok') return ok('health', 'the server is alive')
  if (status === 403 && body.code === 'FORBIDDEN') {
    return fail('health', 'the server does not know itself by this name', `set PUBLIC_URL=${origin}`)
  }
  const location = headers.get('location')
  if (location)
    return fail('health', `/api/health redirects to ${location}`, 'run doctor on the address people use')
  if (status >= 502 && status <= 504) {
    return fail(
      'health',
      `the proxy answers ${status}: it does not reach the server`,
      'start the server; check the address in the proxy',
    )
  }
  return fail(
    'health',
    `/api/health answers ${status}, and not as Riacho does`,
    'pass every path on to Riacho',
  )
}

function clockOf(seconds: number): Finding {
  const apart = `${Math.round(Math.abs(seconds))} s ${seconds > 0 ? 'ahead of' : 'behind'} this machine's`
  return Math.abs(seconds) > CLOCK_LIMIT
    ? warn('clock', `the server's clock is ${apart}`, 'let NTP set both')
    : ok('clock', "the server's clock agrees with this machine's")
}
