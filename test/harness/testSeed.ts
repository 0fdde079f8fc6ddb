/** The seed of everything random in tests, the same in every run. `TEST_SEED=N` sets another one. */
export const SEED = Number(process.env['TEST_SEED'] ?? 1)
