/** How many times as many runs a test with random input makes. `npm run fuzz` sets it. */
export const FUZZ = Number(process.env['FUZZ'] ?? 1)
