// Reads the settings in .env before the program starts. Node's own --env-file would take a byte order mark for a part of
// the first name, and would report a missing file, though nobody needs one.
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

const settings = read()
// What the environment says already wins.
for (const [name, value] of Object.entries(settings)) process.env[name] ??= value

function read(): NodeJS.Dict<string> {
  try {
    // The decoder drops a byte order mark, and refuses other encodings.
    return parseEnv(new TextDecoder('utf-8', { fatal: true }).decode(readFileSync('.env')))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return {}
    const isEncoded = code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
    console.error(isEncoded ? '.env is not UTF-8. Save it as UTF-8.' : `.env cannot be read: ${message}`)
    process.exit(1)
  }
}
