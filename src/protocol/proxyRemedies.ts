import type { Diagnosis } from './probe.ts'

type ProxyName = NonNullable<Diagnosis['proxy']>

export interface Remedy {
  proxy: ProxyName
  /** Lines of its configuration. */
  lines: readonly string[]
}

/**
 * For each proxy: the line that stops it from holding streams back, and the line that stops it from compressing them.
 */
const LINES: Record<ProxyName, { buffering: string; compression: string }> = {
  nginx: { buffering: 'proxy_buffering off;', compression: 'gzip off;' },
  Apache: {
    buffering: 'ProxyPass / http://127.0.0.1:3000/ flushpackets=on',
    compression: 'SetEnv no-gzip 1',
  },
  Caddy: { buffering: 'flush_interval -1', compression: '@page not path /api/* → encode @page gzip' },
  Cloudflare: {
    buffering: 'Network → Response Buffering: Off',
    compression: 'Rules → Compression Rules → /api/*: Disable compression',
  },
  IIS: {
    buffering: 'appcmd set config -section:system.webServer/proxy -responseBufferLimit:0',
    compression: '<urlCompression doDynamicCompression="false" />',
  },
}

/**
 * The settings that help: those of the proxy that names itself in the headers, or else those of all known proxies. If
 * the header got lost, nginx is among them too, because an nginx behind another proxy may be what ignores the header.
 */
export function remediesOf({ verdict, causes, proxy }: Diagnosis): Remedy[] {
  const proxies = new Set<ProxyName>(proxy ? [proxy] : (Object.keys(LINES) as ProxyName[]))
  if (causes.includes('headerLost')) proxies.add('nginx')
  return [...proxies].flatMap(name => {
    const lines: string[] = []
    if (verdict === 'buffered') lines.push(LINES[name].buffering)
    if (causes.includes('compression')) lines.push(LINES[name].compression)
    return lines.length > 0 ? [{ proxy: name, lines }] : []
  })
}
