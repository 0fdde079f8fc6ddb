import type { Mutation } from './mutate.ts'

const REMOTE_RUNS = 'test/postgres/remoteRuns.test.ts'
const SOURCE = 'src/server/log/relay/relaySource.test.ts'

/** Ways to break what the relay between nodes has to keep. */
export const RELAY_MUTATIONS: readonly Mutation[] = [
  {
    promise: 3,
    breaks: 'a relay without a poll below it',
    file: 'src/server/log/remoteRuns.ts',
    from: 'run => run.lastSeq > 0 && (isLook || !run.isRelayed)',
    to: 'run => run.lastSeq > 0 && !run.wish',
    test: 'test/postgres/relay.test.ts',
    name: 'a relay that is swallowed',
  },
  {
    promise: 3,
    breaks: 'the relay of one run hides what the journal has of another',
    file: 'src/server/log/remoteRuns.ts',
    from: "if (runs.every(({ wish }) => wish?.state === 'joined'))",
    to: '',
    test: REMOTE_RUNS,
    name: 'a run whose wish gets no answer is polled',
  },
  {
    promise: 3,
    breaks: 'a relay that closes takes events along',
    file: 'src/server/log/remoteRuns.ts',
    from: "if (run.wish && run.wish.state !== 'joined') run.isBehind = true",
    to: '',
    test: REMOTE_RUNS,
    name: 'a relay that closes before a run has joined',
  },
  {
    promise: 1,
    breaks: 'a node sends back a reader that another node has shown more',
    file: 'src/server/log/followLog.ts',
    from: 'if (this.#position > lastSeq && this.#position <= lastSentSeq) return',
    to: '',
    test: 'src/server/log/followLog.test.ts',
    name: 'a reader that another node has shown more',
  },
  {
    promise: 3,
    breaks: 'a hole in what a relay brings is shown',
    file: 'src/server/log/remoteRun.ts',
    from: 'if (from_seq > this.lastSeq + 1) {',
    to: 'if (from_seq > this.lastSeq + 99) {',
    test: REMOTE_RUNS,
    name: 'a hole in what a relay brings',
  },
  {
    promise: 7,
    breaks: 'a node keeps everything for one that does not read',
    file: 'src/server/log/relay/relayStream.ts',
    from: 'if (outlet.pending > maxPending) {',
    to: 'if (outlet.pending > Infinity) {',
    test: SOURCE,
    name: 'a node that takes nothing is cut',
  },
  {
    promise: 9,
    breaks: 'anybody follows a run that somebody follows at another node',
    file: 'src/server/log/remoteRuns.ts',
    from: 'run?.ownerId === ownerId ? run',
    to: 'run && ownerId ? run',
    test: REMOTE_RUNS,
    name: 'another owner follows nothing',
  },
  {
    promise: 9,
    breaks: 'the door between nodes is open to everybody',
    file: 'src/server/log/relay/relaySecret.ts',
    from: "scheme !== SCHEME || !isEqual(proof, this.#proof('ask', from, to, nonce, digest))",
    to: 'scheme !== SCHEME || from === nonce',
    test: 'test/postgres/relay.test.ts',
    name: 'without the secret the door is as an unknown path',
  },
  {
    promise: 2,
    breaks: 'a node that may have been taken over relays',
    file: 'src/server/log/relay/relaySource.ts',
    from: 'if (!node.isTrusted || !this.#runs) return 503',
    to: 'if (!this.#runs) return 503',
    test: SOURCE,
    name: 'a node that may have been taken over gives nothing',
  },
]
