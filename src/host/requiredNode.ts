/** The oldest Node that has what Riacho uses: SQLite with full-text search, and zstd. `bin/riacho.mjs` says the same. */
const OLDEST = [22, 19] as const

/** Why Riacho cannot run on a Node of this version, such as `20.11.0`. `undefined` if it can. */
export function nodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isNewEnough = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
  return isNewEnough ? undefined : `Riacho needs Node ${OLDEST.join('.')} or newer; this is v${version}.`
}
