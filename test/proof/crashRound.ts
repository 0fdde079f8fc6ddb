import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { temporaryFolder } from '../harness/folder.ts'
import { createRandom, type Random } from '../harness/random.ts'
import { settingsOf } from '../harness/server.ts'
import { canMount, type SmallDisk, smallDisk } from '../harness/smallDisk.ts'
import { createUpstream } from '../upstream/upstream.ts'
import { CALLS } from './calls.ts'
import { violationsInFile } from './check.ts'
import { interview } from './checks/interview.ts'
import { missingInTheMiddle } from './checks/order.ts'
import { REACTIONS } from './draws/reacting.ts'
import { History, time } from './history.ts'
import { hasTools, settingsFor, whatOf, withAssistant } from './historyRound.ts'
import { readLedger } from './ledger.ts'
import { loseTail } from './lostTail.ts'
import { type At, MortalServer, nextPort } from './mortalServer.ts'
import { CRASH_POINTS } from './preloads/crashPoints.ts'
import { isEventPoint } from './preloads/dieAtEvent.ts'
import type { Round } from './rounds.ts'
import { createScript } from './script.ts'
import { Talker } from './talker.ts'

const OWNERS = 2
const MINUTE = 60_000
const DISK_BYTES = 24_000_000

/** What the parts of a round share. */
interface Stage {
  server: MortalServer
  history: History
  random: Random
  databaseFile: string
  /** With `power`, a loss of power may cost nothing that was shown. */
  durability: 'process' | 'power'
  marksFile: string
  clockFile: string
  disk: SmallDisk | undefined
  /** What was done to the server, in words. */
  done: string[]
}

/**
 * Plays one round of the crash loop. People draw calls while the server process is killed and started again, frozen,
 * and set to another time, and while its disk is full. Then the round compares what they saw with what is stored, and
 * asks the server for everything.
 */
export async function crashRound(seed: number): Promise<Round> {
  const random = createRandom(seed)
  const drawn = settingsFor(random)
  const durability = seed % 2 === 0 ? 'process' : 'power'
  await using folder = await temporaryFolder()
  const { settings, options } = await withAssistant(drawn, folder)
  await using disk =
    canMount && options.padding === 0 && random.chance(0.25) ? await smallDisk(DISK_BYTES) : undefined
  await using upstream = await createUpstream()
  const script = createScript(options)
  upstream.reply(script.answer)
  const port = nextPort()
  const databaseFile = join(disk?.path ?? folder.path, 'riacho.db')
  const [marksFile, clockFile] = [join(folder.path, 'marks'), join(folder.path, 'clock')]
  const ledgerFile = join(folder.path, 'ledger')
  writeFileSync(clockFile, '0')
  await using server = new MortalServer(
    {
      ...settingsOf({ upstream, settings }, folder),
      DATABASE_URL: `file:${databaseFile}`,
      PORT: String(port),
      LOG_DURABILITY: durability,
      SYNC_MARKS: marksFile,
      CLOCK_OFFSET: clockFile,
      ...(hasTools(options) && { LEDGER: ledgerFile }),
    },
    port,
  )
  const history = new History()
  const stage: Stage = {
    server,
    history,
    random: random.fork(),
    databaseFile,
    durability,
    marksFile,
    clockFile,
    disk,
    done: [],
  }
  const people = Array.from({ length: OWNERS }, () => {
    const own = random.fork()
    return new Talker({
      address: server,
      history,
      random: own,
      cutChance: 0.05,
      maxReaders: 2,
      ...REACTIONS,
    })
  })
  const faults = playFaults(stage)
  await Promise.all([faults, ...people.map(person => person.live({ kinds: CALLS, calls: 5, tabs: 2 }))])
  await interview(history, server, seed)
  const violations = await violationsInFile(
    {
      history,
      asked: script.asked,
      effects: readLedger(ledgerFile),
      filesFolder: join(folder.path, 'files'),
    },
    databaseFile,
  )
  if (random.chance(0.3)) violations.push(...(await losePower(stage)))
  await server.stop()
  const what = `${whatOf(settings, options)}, survives ${durability}; ${stage.done.join(', ')}`
  return { seed, what, runs: history.runs.size, counts: history.answers, violations }
}

/** What happens to one process. */
interface Life {
  /** What it survives. */
  faults: ('freeze' | 'jump' | 'full disk')[]
  /** If absent, it is killed at a random moment. */
  at: At | undefined
  /** It is killed after this long at the latest, because it may never reach the point. */
  afterMs: number
  /** How long it is frozen (SIGSTOP) before it is killed. */
  freezeMs: number
  /** Whether the power is lost with it, so that what was not synced is gone. */
  losesPower: boolean
  /** How many processes after it are killed while they start. */
  deadStarts: number
}

function drawLife(random: Random, { disk }: Stage): Life {
  const afterMs = 20 + random.integer(500)
  const faults: Life['faults'] = []
  if (random.chance(0.2)) faults.push('freeze')
  if (random.chance(0.25)) faults.push('jump')
  if (disk) faults.push('full disk')
  const at = random.chance(0.6) ? drawPoint(random) : undefined
  return {
    faults,
    at,
    // Such an event comes late, if at all.
    afterMs: at ? afterMs + (isEventPoint(at.label) ? 1200 : 300) : afterMs,
    freezeMs: !at && random.chance(0.3) ? 20 + random.integer(100) : 0,
    losesPower: random.chance(0.3),
    deadStarts: random.chance(0.25) ? 1 + random.integer(2) : 0,
  }
}

/** Events of calls, questions and pictures: what comes between two of them has been shown, and the rest has not. */
const EVENTS = [
  'tool-run',
  'tool-end',
  'question-start',
  'question-end',
  'file-start',
  'file-update',
  'file-end',
] as const

function drawPoint(random: Random): At {
  if (random.chance(0.5)) return { label: random.pick(CRASH_POINTS), nth: 1 + random.integer(60) }
  return { label: `${random.pick(['before', 'after'] as const)}:${random.pick(EVENTS)}`, nth: 1 }
}

/** Plays one life after another, and then leaves a server that lives. */
async function playFaults(stage: Stage): Promise<void> {
  const { server, random, history, done } = stage
  for (let lives = 0; lives === 0 || random.chance(0.3); lives++) {
    const life = drawLife(random, stage)
    // It may die at its point while it starts.
    if (await server.start({ at: life.at })) {
      await delay(random.integer(100))
      for (const fault of life.faults) await play(fault, stage)
      done.push(await endOf(life, stage))
    } else done.push(`${life.at?.label} in the start`)
    history.deaths++
    loseUnsynced(life, stage)
    for (let start = 0; start < life.deadStarts; start++) {
      const isUp = await server.start({ diesAfter: 50 + random.integer(500) })
      if (isUp) await server.kill()
      loseUnsynced(life, stage)
      done.push('killed in the start')
      history.deaths++
    }
  }
  await server.start()
}

function loseUnsynced({ losesPower }: Life, stage: Stage): void {
  if (!losesPower) return
  const { databaseFile, durability, marksFile, random, history, done } = stage
  const frames = loseTail(databaseFile, { marksFile, random })
  if (durability === 'process') history.losses.push(time())
  done.push(`${frames} frames lost`)
}

async function play(fault: Life['faults'][number], stage: Stage): Promise<void> {
  const { server, history, random, done, disk } = stage
  const ms = 20 + random.integer(400)
  done.push(fault)
  switch (fault) {
    case 'freeze':
      server.signal('SIGSTOP')
      await delay(ms)
      server.signal('SIGCONT')
      return
    case 'jump': {
      const jump = random.pick([5_000, 11 * MINUTE, 90 * MINUTE, -5_000, -90 * MINUTE])
      history.jumps.push({ at: time(), ms: jump })
      writeFileSync(stage.clockFile, String(history.jumps.reduce((sum, each) => sum + each.ms, 0)))
      server.signal('SIGUSR2')
      return
    }
    case 'full disk':
      history.fullDisks++
      await disk?.fill()
      await delay(ms)
      await disk?.free()
  }
}

/** Waits for the crash point or the moment, and makes sure that the process is dead. Resolves with how it died. */
async function endOf({ at, afterMs, freezeMs }: Life, { server, random }: Stage): Promise<string> {
  const alive = new AbortController()
  const atPoint = await Promise.race([
    server.exited.then(() => true),
    delay(afterMs, false, { signal: alive.signal }).catch(() => false),
  ])
  alive.abort()
  server.down()
  if (atPoint) return `${at?.label}:${at?.nth}`
  if (freezeMs > 0) {
    server.signal('SIGSTOP')
    await delay(freezeMs)
    if (random.chance(0.5)) {
      server.signal('SIGCONT')
      await delay(random.integer(20))
    }
  }
  await server.kill()
  return freezeMs > 0 ? 'frozen, then killed' : 'killed'
}

/**
 * Loses the end of the write-ahead log, synced or not, as a disk does that lies. What is missing then is missing at the
 * end. Nobody follows the replies over this loss.
 */
async function losePower({ server, random, databaseFile, done }: Stage): Promise<string[]> {
  const history = new History()
  const person = new Talker({ address: server, history, random: random.fork(), cutChance: 0, maxReaders: 0 })
  const living = person.live({ kinds: CALLS, calls: 20, tabs: 2 })
  await delay(100 + random.integer(400))
  history.isOver = true
  await server.kill()
  await living
  done.push(`the last ${loseTail(databaseFile, { random })} frames lost`)
  await server.start()
  return [...history.violations, ...(await missingInTheMiddle(history, databaseFile))]
}
