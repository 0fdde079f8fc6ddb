import type { Mutation } from './mutate.ts'

/** Ways to break what the seventh promise needs of the write-ahead log: nobody waits for it, and it has a bound. */
export const LOG_MUTATIONS: readonly Mutation[] = [
  {
    promise: 7,
    breaks: 'a commit moves the write-ahead log, and everybody waits for it',
    file: 'src/server/database/sqlite/open.ts',
    from: `  sqlite.exec('pragma wal_autocheckpoint = 0')
`,
    to: '',
    test: 'src/server/database/sqlite/file/fileUpkeep.test.ts',
    name: 'a commit moves nothing of the write-ahead log',
  },
  {
    promise: 7,
    breaks: 'nothing moves the write-ahead log',
    file: 'src/server/database/sqlite/open.ts',
    from: 'void done.then(upkeep.committed,',
    to: 'void done.then(() => {},',
    test: 'src/server/database/sqlite/file/fileUpkeep.test.ts',
    name: 'the write-ahead log is moved to the file while writes go on',
  },
  {
    promise: 7,
    breaks: 'a short write-ahead log makes writes wait for its readers',
    file: 'src/server/database/sqlite/file/logMover.ts',
    from: 'bytes >= this.#tolerated',
    to: 'this.#fileSize() >= this.#tolerated',
    test: 'src/server/database/sqlite/file/logMover.test.ts',
    name: 'a short log in a long file makes nobody wait',
  },
  {
    promise: 6,
    breaks: 'a full disk refuses writes although the write-ahead log has room',
    file: 'src/server/database/sqlite/open.ts',
    from: 'upkeep.committed, upkeep.refused',
    to: 'upkeep.committed, () => {}',
    test: 'src/server/database/sqlite/file/fileUpkeep.test.ts',
    name: 'when the disk is full',
  },
]
