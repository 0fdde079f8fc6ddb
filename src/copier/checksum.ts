import { hash } from 'node:crypto'
import type { Row } from './tables.ts'

/** How many numbers of 32 bits a SHA-256 has. */
const LANES = 8

/**
 * How many rows there are, and the sum of the SHA-256 of each, number by number. The order of the rows changes nothing.
 */
export interface Checksum {
  rows: number
  /** Each below 2 to the 32. */
  sums: readonly number[]
}

export const NO_ROWS: Checksum = { rows: 0, sums: new Array<number>(LANES).fill(0) }

export function checksumOf(row: Row): Checksum {
  const digest = hash('sha256', jsonOf(row), 'buffer')
  return { rows: 1, sums: NO_ROWS.sums.map((_, lane) => digest.readUInt32BE(lane * 4)) }
}

/** As PostgreSQL writes an array, with a space between its items. */
function jsonOf(row: Row): string {
  return `[${row.map(value => JSON.stringify(value)).join(', ')}]`
}

export function add(one: Checksum, other: Checksum): Checksum {
  return {
    rows: one.rows + other.rows,
    sums: one.sums.map((sum, lane) => (sum + (other.sums[lane] ?? 0)) % 2 ** 32),
  }
}

export function isSame(one: Checksum, other: Checksum): boolean {
  return one.rows === other.rows && one.sums.every((sum, lane) => sum === other.sums[lane])
}

/** The statement that gives the checksum of a table in PostgreSQL: `rows`, and then `sum0` to `sum7`. */
export function checksumSql(table: string, columns: readonly string[], where: string): string {
  const json = `json_build_array(${columns.map(column => `"${column}"::text`).join(', ')})::text`
  const sums = NO_ROWS.sums.map((_, lane) => {
    const number = `('x' || substr(digest, ${lane * 8 + 1}, 8))::bit(32)::bigint`
    return `(coalesce(sum(${number}), 0) % 4294967296)::bigint as sum${lane}`
  })
  return `select count(*) as rows, ${sums.join(', ')}
    from (select encode(sha256(convert_to(${json}, 'UTF8')), 'hex') as digest from ${table} ${where}) as digests`
}

export function readChecksum(row: Record<string, unknown>): Checksum {
  return { rows: Number(row['rows']), sums: NO_ROWS.sums.map((_, lane) => Number(row[`sum${lane}`])) }
}
