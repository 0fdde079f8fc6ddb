import { readFileSync } from 'node:fs'

/** Settings whose value may stand in a file, as orchestrators hand out secrets. The file is named by `…_FILE`. */
const SECRETS = [
  'DATABASE_URL',
  'HOST_TOKEN_SECRET',
  'OPENAI_API_KEY',
  'SESSION_SECRET',
  'SESSION_SECRET_OLD',
  'SMTP_URL',
] as const
const SUFFIX = '_FILE'

/** The names of the settings that name a file. */
export const SECRET_FILES: readonly string[] = SECRETS.map(name => `${name}${SUFFIX}`)

/**
 * Reads the files that `source` names for these settings, and gives the settings in them, without the end of the last line. Adds to
 * `problems` what cannot be read, without its content.
 */
export function readSecretFiles(
  source: Record<string, string | undefined>,
  problems: string[],
  names: readonly string[] = SECRETS,
): Record<string, string> {
  const read: Record<string, string> = {}
  for (const name of names) {
    const file = source[`${name}${SUFFIX}`]?.trim()
    if (!file) continue
    if (source[name]?.trim()) {
      problems.push(`${name}${SUFFIX}: ${name} is set too; expected only one of the two`)
      continue
    }
    try {
      const value = readFileSync(file, 'utf8').trim()
      if (value !== '') read[name] = value
      else problems.push(`${name}${SUFFIX}: the file is empty; expected the value of ${name}`)
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException
      problems.push(
        `${name}${SUFFIX}: the file cannot be read (${code}); expected a file with the value of ${name}`,
      )
    }
  }
  return read
}
