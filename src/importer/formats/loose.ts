/** Values of a format that nobody promises: what is not of the wanted kind counts as absent. */

export type Fields = Readonly<Record<string, unknown>>

export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** An id. Some programs have numbers, and some databases have bytes. */
export function idOf(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array && value.length > 0) return Buffer.from(value).toString('hex')
  return typeof value === 'string' && value !== '' ? value : null
}

/** A smaller number counts seconds, and another one milliseconds: no chat was written before March 1973. */
const SECONDS_BELOW = 1e11

/**
 * Milliseconds since 1970. Takes seconds, milliseconds, a `Date`, ISO 8601, and what databases write. A time without a
 * zone is UTC. `null` if it is none of these.
 */
export function timeOf(value: unknown): number | null {
  if (value instanceof Date) return finite(value.getTime())
  if (typeof value === 'bigint') return timeOf(Number(value))
  if (typeof value === 'number') return finite(value < SECONDS_BELOW ? value * 1000 : value)
  if (typeof value !== 'string') return null
  if (/^\d+(\.\d+)?$/.test(value)) return timeOf(Number(value))
  const [, date, time = '00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d(?::?\d\d)?)?)?$/.exec(value) ?? []
  if (date === undefined) return null
  return finite(Date.parse(`${date}T${time}${/^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone}`))
}

function finite(time: number): number | null {
  return Number.isFinite(time) ? Math.round(time) : null
}
