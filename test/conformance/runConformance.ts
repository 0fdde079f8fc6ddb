import { parseArgs } from 'node:util'
import { checkCases, type Result } from './case.ts'
import { createSession } from './session.ts'
import { CASES } from './suite.ts'

const USAGE = `Checks a server against PROTOCOL.md, over HTTP alone.

  --url http://127.0.0.1:3000   the server
  --only <id>                   this case; may be given more than once
  --list                        the cases, and the words of PROTOCOL.md that each checks

A server that takes only so many messages a minute makes it wait; RATE_LIMIT_PER_MINUTE=0 spares that.`

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    only: { type: 'string', multiple: true },
    list: { type: 'boolean', default: false },
  },
})

const unknown = values.only?.filter(only => !CASES.some(({ id }) => id === only)) ?? []
const cases = CASES.filter(({ id }) => values.only?.includes(id) ?? true)

if (values.list) {
  for (const { id, rule } of cases) console.log(`${id}: ${rule}`)
} else if (!values.url || unknown.length > 0) {
  console.error(unknown.length > 0 ? `Unknown case: ${unknown.join(', ')}. See --list.` : USAGE)
  process.exitCode = 2
} else {
  process.exitCode = (await answers(values.url)) ? await run(values.url) : 2
}

async function answers(url: string): Promise<boolean> {
  using session = createSession(url)
  try {
    await session.client().get('/api/health')
    return true
  } catch (error) {
    console.error(`No server answers at ${url}: ${error instanceof Error ? error.message : error}`)
    return false
  }
}

async function run(url: string): Promise<number> {
  using session = createSession(url)
  let number = 0
  const results = await checkCases(cases, session, result => console.log(lineOf(++number, result)))
  const count = (outcome: Result['outcome']) => results.filter(result => result.outcome === outcome).length
  const skipped = count('skipped')
  console.log(`${count('passed')} passed, ${count('failed')} failed${skipped ? `, ${skipped} skipped` : ''}`)
  return count('failed') > 0 ? 1 : 0
}

/** Formats `ok 12 resume-after-header`, with the reason on the same line if there is one. */
function lineOf(number: number, { case: { id }, outcome, reason }: Result): string {
  const why = reason?.replace(/\s+/g, ' ').slice(0, 300)
  if (outcome === 'failed') return `not ok ${number} ${id}: ${why}`
  return outcome === 'skipped' ? `ok ${number} ${id} # skipped: ${why}` : `ok ${number} ${id}`
}
