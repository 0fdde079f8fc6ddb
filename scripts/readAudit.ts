interface Vulnerability {
  name: string
  severity: string
  /** `false`, `true`, or the package whose newer version mends it. */
  fixAvailable: boolean | { name: string; version: string }
}

interface AuditReport {
  vulnerabilities?: Record<string, Vulnerability>
}

export interface AuditVerdict {
  isBad: boolean
  text: string
}

/**
 * What `npm audit --json` says of the packages. Bad is a high or critical severity that has a fix. A registry that
 * offers no audit is not bad, but it is said. `printed` is the standard output of the command.
 */
export function readAudit(printed: string): AuditVerdict {
  const { vulnerabilities } = reportIn(printed)
  if (!vulnerabilities)
    return { isBad: false, text: 'The registry offers no audit, so no dependency was audited.' }
  const all = Object.values(vulnerabilities)
  if (all.length === 0) return { isBad: false, text: 'No dependency has a known vulnerability.' }
  const lines = all.map(({ name, severity, fixAvailable }) => `${name}: ${severity}, ${fixOf(fixAvailable)}`)
  return { isBad: all.some(isToMend), text: lines.join('\n') }
}

function reportIn(printed: string): AuditReport {
  try {
    return JSON.parse(printed) ?? {}
  } catch {
    return {}
  }
}

function isToMend({ severity, fixAvailable }: Vulnerability): boolean {
  return (severity === 'high' || severity === 'critical') && fixAvailable !== false
}

function fixOf(fix: Vulnerability['fixAvailable']): string {
  if (typeof fix === 'object') return `mended by ${fix.name} ${fix.version}`
  return fix ? 'mended by a newer version' : 'no fix yet'
}
