import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One promise of docs/reliability.md, broken on purpose. */
interface Mutation {
  promise: number | 'erasure'
  breaks: string
  file: string
  from: string
  to: string
  /** The test file that must fail. */
  test: string
}

const MUTATIONS: readonly Mutation[] = [
  {
    promise: 1,
    breaks: 'a message is answered before its transaction commits',
    file: 'src/server/database/groupCommit.ts',
    from: 'for (const member of group) outcomes.push(await outcomeOf(queries, member, group.length > 1))',
    to: `for (const member of group) (await outcomeOf(queries, member, group.length > 1))()
        await new Promise(resolve => setTimeout(resolve, 40))`,
    test: 'test/proof/proof.test.ts',
  },
  {
    promise: 2,
    breaks: 'events are shown before they are stored',
    file: 'src/server/log/commitWindow.ts',
    from: '    const error = await store',
    to: '    for (const [log, write] of taken) log.markStored(write)\n    const error = await store',
    test: 'test/proof/simulation.test.ts',
  },
  {
    promise: 2,
    breaks: 'LOG_DURABILITY=power changes nothing',
    file: 'src/server/log/commitWindow.ts',
    from: "this.#options.durability === 'power' ||",
    to: '',
    test: 'test/server/powerLoss.test.ts',
  },
  {
    promise: 3,
    breaks: 'a reader that comes back gets the last event again',
    file: 'src/server/log/followLog.ts',
    from: 'this.#log.framesAfter(this.#position)',
    to: 'this.#log.framesAfter(Math.max(0, this.#position - 1))',
    test: 'test/server/send.test.ts',
  },
  {
    promise: 3,
    breaks: 'a reader that lagged goes on without what it missed',
    file: 'src/server/log/followLog.ts',
    from: 'this.#behind = false\n      this.catchUp()',
    to: 'this.#behind = false\n      this.#position = this.#log.lastSeq',
    test: 'src/server/log/followLog.test.ts',
  },
  {
    promise: 3,
    breaks: 'a short frame overtakes a long one',
    file: 'src/server/http/eventStream.ts',
    from: ' && !this.#isSending && this.#outlet.pending <= MAX_PIECE',
    to: '',
    test: 'test/server/readers.test.ts',
  },
  {
    promise: 4,
    breaks: 'a repeated clientMessageId is a new message',
    file: 'src/server/messages/send.ts',
    from: 'if (repeated) return repeated',
    to: 'void repeated',
    test: 'test/server/send.test.ts',
  },
  {
    promise: 3,
    breaks: 'messages are in the order of their stamps',
    file: 'src/server/database/messageKeys.ts',
    from: 'order by number limit',
    to: 'order by created_at limit',
    test: 'test/server/timeOfDay.test.ts',
  },
  {
    promise: 4,
    breaks: 'a repeated message gives the run with the earliest stamp',
    file: 'src/server/database/runs.ts',
    from: '.orderBy(ROW)',
    to: ".orderBy('started_at')",
    test: 'test/server/timeOfDay.test.ts',
  },
  {
    promise: 4,
    breaks: 'the provider is asked again after a stream was cut',
    file: 'src/server/providers/openai/failure.ts',
    from: "message: 'the stream ended early', repeatable: false",
    to: "message: 'the stream ended early', repeatable: true",
    test: 'test/contracts/provider.test.ts',
  },
  {
    promise: 5,
    breaks: 'Stop leaves the upstream open',
    file: 'src/server/generation/run.ts',
    from: '    this.#abort.abort()\n    void this.#options.log.finish',
    to: '    void this.#options.log.finish',
    test: 'test/server/stop.test.ts',
  },
  {
    promise: 6,
    breaks: 'runs of a dead process stay active',
    file: 'src/server/generation/takeover.ts',
    from: "if (interrupted.length > 0) await store.commit(interrupted, 'power')",
    to: '',
    test: 'test/server/crash.test.ts',
  },
  {
    promise: 6,
    breaks: 'a run that cannot be stored waits for ever',
    file: 'src/openRiacho.ts',
    from: "void run.fail('STORAGE_UNAVAILABLE')",
    to: 'void run',
    test: 'test/server/storage.test.ts',
  },
  {
    promise: 6,
    breaks: 'how long a run waits for its storage is measured by the time of day',
    file: 'src/server/log/commitWindow.ts',
    from: `this.#refusedSince ??= clock.monotonic()
    const forMs = Math.round(clock.monotonic() - this.#refusedSince)`,
    to: `this.#refusedSince ??= clock.now()
    const forMs = Math.round(clock.now() - this.#refusedSince)`,
    test: 'test/server/timeOfDay.test.ts',
  },
  {
    promise: 7,
    breaks: 'a reader that never reads is written to without end',
    file: 'src/server/http/eventStream.ts',
    from: 'return this.#waitingLength > MAX_WAITING',
    to: 'return false',
    test: 'test/network/slowReaders.test.ts',
  },
  {
    promise: 7,
    breaks: 'a client that takes nothing of a plain answer stays for ever',
    file: 'src/server/http/fastify/openResponses.ts',
    from: 'now - entry.since >= STUCK_AFTER',
    to: 'now - entry.since >= Number.MAX_VALUE',
    test: 'test/network/idleClients.test.ts',
  },
  {
    promise: 7,
    breaks: 'an owner stores without end',
    file: 'src/server/conversations/requireRoom.ts',
    from: '+ bytes > quota',
    to: '+ bytes > quota * 1000',
    test: 'test/server/quota.test.ts',
  },
  {
    promise: 7,
    breaks: 'a reply has no longest length',
    file: 'src/server/generation/run.ts',
    from: 'if (this.#length > maxReplyLength) {',
    to: 'if (this.#length > Number.MAX_VALUE) {',
    test: 'test/server/outcomes.test.ts',
  },
  {
    promise: 8,
    breaks: 'a failure is stored without its code',
    file: 'src/server/database/runProgress.ts',
    from: 'code: end.code ?? null',
    to: 'code: null',
    test: 'test/server/outcomes.test.ts',
  },
  {
    promise: 8,
    breaks: 'a failure has no sentence',
    file: 'src/server/http/eventStream.ts',
    from: 'JSON.stringify({ ...end, message })',
    to: 'JSON.stringify({ ...end, message: message && undefined })',
    test: 'test/server/outcomes.test.ts',
  },
  {
    promise: 'erasure',
    breaks: 'the file is not rewritten after an erasure',
    file: 'src/server/database/fileWorker.ts',
    from: "sqlite.exec('vacuum')",
    to: '',
    test: 'test/server/erasure.test.ts',
  },
  {
    promise: 'erasure',
    breaks: 'an erasure does not mark the file',
    file: 'src/server/conversations/eraser.ts',
    from: 'await markRewriteDue(queries, clock.now())',
    to: '',
    test: 'test/server/erasure.test.ts',
  },
]

const ROOT = join(import.meta.dirname, '..', '..')

/**
 * Breaks each promise in a copy of the last commit, and expects its test to fail. Exits with 1 if a test does not fail.
 */
const copy = mkdtempSync(join(tmpdir(), 'riacho-mutations-'))
let unseen = 0
try {
  execFileSync('git', ['clone', '-q', ROOT, copy])
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  symlinkSync(join(ROOT, 'dist'), join(copy, 'dist'))
  for (const mutation of MUTATIONS) if (!isSeen(mutation)) unseen++
} finally {
  rmSync(copy, { recursive: true, force: true })
}
console.log(`${MUTATIONS.length - unseen} of ${MUTATIONS.length} broken promises were seen`)
process.exit(unseen > 0 ? 1 : 0)

function isSeen({ promise, breaks, file, from, to, test }: Mutation): boolean {
  const path = join(copy, file)
  const source = readFileSync(path, 'utf8')
  if (!source.includes(from)) throw new Error(`${file} no longer has: ${from}`)
  writeFileSync(path, source.replace(from, to))
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', test],
    {
      cwd: copy,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    },
  )
  writeFileSync(path, source)
  const failed = [...(stdout + stderr).matchAll(/^ FAIL {2}(.*)$/gm)].map(([, name]) => name)
  const seen = status !== 0 && failed.length > 0
  console.log(
    `${seen ? 'seen  ' : 'UNSEEN'} promise ${promise}: ${breaks}\n         ${failed[0] ?? `${test} passed`}`,
  )
  return seen
}
