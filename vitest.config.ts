import { defineConfig } from 'vitest/config'
import LongestFirst from './test/setup/longestFirst.ts'

export default defineConfig({
  test: {
    include: ['src/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
    setupFiles: ['test/setup/leaks.ts', 'test/setup/console.ts'],
    reporters: ['default', './test/setup/plainSummary.ts'],
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
