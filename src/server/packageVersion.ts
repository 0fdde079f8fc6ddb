import { readFileSync } from 'node:fs'
import { join } from 'node:path'

let version: string | undefined

/** The version of this package. Its file is read once. */
export function packageVersion(): string {
  version ??= readVersion()
  return version
}

function readVersion(): string {
  const file = join(import.meta.dirname, '..', '..', 'package.json')
  return JSON.parse(readFileSync(file, 'utf8')).version
}
