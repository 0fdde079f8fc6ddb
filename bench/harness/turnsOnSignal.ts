import { renameSync, writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Imported into a server: on SIGUSR2 it writes its longest turn since the last signal, in milliseconds. */
const RESOLUTION = 1
const delays = monitorEventLoopDelay({ resolution: RESOLUTION })
delays.enable()
process.on('SIGUSR2', () => {
  const file = process.env['TURNS_FILE'] ?? ''
  const longest = Math.max(0, delays.max / 1e6 - RESOLUTION)
  writeFileSync(`${file}.new`, JSON.stringify({ longest }))
  renameSync(`${file}.new`, file)
  delays.reset()
})
