import { readFileSync } from 'node:fs'

/**
 * Loaded before the server. The file `CLOCK_OFFSET` says how far its time of day is from the real one, in milliseconds.
 * The server reads it when it starts, and on SIGUSR2. Timers stay due as before, as when an operator sets the clock.
 */
const file = process.env['CLOCK_OFFSET']

if (file) {
  const dateNow = Date.now
  const read = () => Number(readFileSync(file, 'utf8'))
  let offset = read()
  Date.now = () => dateNow() + offset
  process.on('SIGUSR2', () => {
    offset = read()
  })
}
