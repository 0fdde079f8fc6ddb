import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder, and those above it that are missing, for its owner alone. Throws what the system says. It goes level by
 * level, because Node's own way (`recursive`) never ends where the system says that the level above is missing although
 * it is there, as in `/proc`.
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return
  const above = dirname(path)
  if (above !== path) makeFolder(above)
  mkdirSync(path, { mode: 0o700 })
}
