/** What tests draw is the same in every run. `TEST_SEED=N` draws something else. */
export const SEED = Number(process.env['TEST_SEED'] ?? 1)
