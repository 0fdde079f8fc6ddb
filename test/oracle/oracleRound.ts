import { join } from 'node:path'
import { temporaryFolder } from '../harness/folder.ts'
import { createRandom, type Random } from '../harness/random.ts'
import { settingsOf } from '../harness/server.ts'
import { brokenStore } from '../proof/check.ts'
import { openFileRows } from '../proof/checks/storedRows.ts'
import { type At, nextPort } from '../proof/mortalServer.ts'
import { CRASH_POINTS } from '../proof/preloads/crashPoints.ts'
import type { Round } from '../proof/rounds.ts'
import { wordsInFiles } from '../proof/wordsInFiles.ts'
import { countedTokens, createUpstream } from '../upstream/upstream.ts'
import { KilledServer, LONGER_THAN_RESTORE } from './killedServer.ts'
import { isPresent, wordsOf } from './model.ts'
import { Person } from './person.ts'

const PEOPLE = 3

/**
 * Plays one round against the oracle. People create, send, delete, restore and erase, while the server process is killed
 * again and again, sometimes in its start after a kill. After each death every person compares what the server shows
 * with a model: what was acknowledged is there and whole, what was in flight is there whole or not at all, and what was
 * deleted or erased stays so.
 */
export async function oracleRound(seed: number): Promise<Round> {
  const random = createRandom(seed)
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  upstream.reply({ tokens: countedTokens(3 + random.integer(15)), delayMs: random.integer(6) })
  const settings = settingsOf({ upstream, settings: { TITLES: 'words' } }, folder)
  await using server = new KilledServer(settings, {
    port: nextPort(),
    clockFile: join(folder.path, 'clock'),
  })
  const people = Array.from({ length: PEOPLE }, () => new Person(server, random.fork()))

  let isOver = false
  const lives = Promise.all(people.map(person => person.live(() => isOver)))
  const deaths = await killAgain(server, random.fork())
  isOver = true
  await lives
  await server.kill()
  server.wait(LONGER_THAN_RESTORE)
  await server.start()
  for (const person of people) if (person.violations.length === 0) await person.compare({ isFinal: true })
  await server.stop()
  const sum = (count: (person: Person) => number) => people.reduce((total, one) => total + count(one), 0)
  return {
    seed,
    what: `${deaths + 1} deaths`,
    runs: sum(({ counts }) => counts.runs),
    counts: new Map([
      ['deaths', deaths + 1],
      ['calls acknowledged', sum(({ counts }) => counts.acknowledged)],
      ['calls cut', sum(({ counts }) => counts.cut)],
      ['calls cut, and done', sum(({ counts }) => counts.there)],
      ['owners erased', sum(({ erased }) => erased.length)],
    ]),
    violations: [
      ...people.flatMap(({ violations }) => violations),
      ...(await leftInDatabase(join(folder.path, 'riacho.db'), people)),
    ],
  }
}

/** Kills one process after another, and then leaves one that lives. Resolves with how many died. */
async function killAgain(server: KilledServer, random: Random): Promise<number> {
  let deaths = 0
  for (let lives = 2 + random.integer(3); lives > 0; lives--) {
    const isUp = await server.start({ at: drawPoint(random) })
    if (isUp) await server.killAfter(100 + random.integer(1500))
    deaths++
    if (random.chance(0.4)) server.wait(LONGER_THAN_RESTORE)
    while (random.chance(0.3)) {
      if (await server.start({ diesAfter: 50 + random.integer(500) })) await server.kill()
      deaths++
    }
  }
  await server.start()
  return deaths
}

/** `undefined`: a random moment. */
function drawPoint(random: Random): At | undefined {
  if (random.chance(0.4)) return undefined
  return { label: random.pick(CRASH_POINTS), nth: 1 + random.integer(80) }
}

/** What a process that has ended in order left of what was erased. By then every deleted conversation is erased. */
async function leftInDatabase(file: string, people: readonly Person[]): Promise<string[]> {
  const erased = people.flatMap(({ erased }) => erased)
  const deleted = people.flatMap(({ model }) => {
    return wordsOf(new Map([...model].filter(([, conversation]) => !isPresent(conversation))))
  })
  const found = wordsInFiles(file, [...erased.flatMap(({ words }) => words), ...deleted])
  await using database = openFileRows(file)
  found.push(...(await brokenStore(database)))
  const owners = await database.all('select id from erased_owners')
  if (owners.length < erased.length)
    found.push(`${erased.length} owners were erased, and ${owners.length} are known as erased`)
  for (const table of ['conversations', 'messages', 'runs', 'shares']) {
    const rows = await database.all(`select 1 from ${table} where owner_id in (select id from erased_owners)`)
    if (rows.length > 0) found.push(`${table} has ${rows.length} rows of erased owners`)
  }
  return found
}
