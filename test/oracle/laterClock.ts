/** Loaded before the server. Its time of day is `LATER_MS` milliseconds ahead of the real one. */
const later = Number(process.env['LATER_MS'] ?? 0)
const { now } = Date

Date.now = () => now() + later
