import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import LongestFirst from './test/setup/longestFirst.ts'

/** Short runs of what `npm run crash` and its like play at length, and suites of other people. */
const PROOFS = ['test/proof/**/*.test.ts', 'test/oracle/**/*.test.ts', 'test/durableStreams/**/*.test.ts']

/** Tests of `test/server` about what SQLite does with its file. */
const ABOUT_THE_FILE = [
  'crash',
  'databaseFile',
  'erasure',
  'killedTools',
  'longConversations',
  'migrations',
  'partsWithoutIds',
  'powerLoss',
  'storage',
]

/**
 * In CI a test with real browsers or processes has a second try, because a busy machine can be too slow for it. The run
 * names each test that used its second try.
 */
const retry = process.env['CI'] ? 1 : 0

export default defineConfig({
  test: {
    reporters: ['default', './test/setup/plainSummary.ts'],
    sequence: { sequencer: LongestFirst },
    // One more than there are cores, because a test in a browser waits much of its time.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.{ts,tsx}'],
          // They keep nothing in their modules, so the files of one worker can share what they import.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          retry,
          include: ['test/**/*.test.ts'],
          exclude: ['test/browser/**', 'test/postgres/**', 'test/screens/**', 'test/package/**', ...PROOFS],
        },
      },
      // By its own command: `npm run browser`. The promises are tried in a browser by `npm test`, in `test/e2e`.
      { extends: true, test: { name: 'browser', retry, include: ['test/browser/**/*.test.ts'] } },
      // By its own command: `npm run postgres`. The tests of the server run on PostgreSQL, but those of the file of SQLite.
      {
        extends: true,
        test: {
          name: 'postgres',
          retry,
          include: ['test/postgres/**/*.test.ts', 'test/server/**/*.test.ts'],
          exclude: ABOUT_THE_FILE.map(name => `test/server/${name}.test.ts`),
          env: { TEST_DATABASE: 'postgres' },
        },
      },
      // By its own command: `npm run proofs`.
      { extends: true, test: { name: 'proofs', include: PROOFS } },
      // By its own command: `npm run packed`.
      {
        extends: true,
        test: {
          name: 'package',
          retry,
          include: ['test/package/**/*.test.ts'],
          globalSetup: 'test/package/packOnce.ts',
        },
      },
      // By its own command: `npm run axe`.
      { extends: true, test: { name: 'looks', retry, include: ['test/screens/**/*.test.ts'] } },
    ],
    setupFiles: [
      'test/setup/leaks.ts',
      'test/setup/console.ts',
      'test/setup/propertySeed.ts',
      'test/setup/database.ts',
    ],
    pool: 'forks',
    testTimeout: 30_000,
    // A busy machine takes its time.
    expect: { poll: { timeout: 5_000 } },
    hookTimeout: 60_000,
  },
})
