// Checks a running Riacho from outside, as a browser would, and says what is wrong and what mends it:
//   npm run doctor                                   the server of this machine, and what it needs here
//   npm run doctor -- https://chat.example.com       any server; --ask also sends one message to its provider
import { parseArgs } from 'node:util'
import type { Env } from '../server/config/env.ts'
import { checkCookie, checkOrigin, checkPage, checkReady } from './chat.ts'
import { checkConnection } from './connection.ts'
import { type Finding, fail, linesOf, type Verdict } from './finding.ts'
import { checkMachine } from './local.ts'
import { askProvider, checkProvider } from './provider.ts'
import { reasonOf, type Site, siteAt } from './site.ts'
import { checkStreaming } from './streaming.ts'
import { checkToolServers } from './toolServers.ts'
import { checkAddress } from './upstream.ts'

const USAGE = 'npm run doctor -- [https://chat.example.com] [--ask]'

type Check = (site: Site) => Promise<Finding[]>

const CHECKS: Record<string, Check> = {
  database: checkReady,
  page: checkPage,
  cookie: checkCookie,
  origin: checkOrigin,
  streaming: checkStreaming,
}

/** The verdicts that were printed, in order. */
const told: Verdict[] = []

function tell(findings: readonly Finding[]): void {
  for (const finding of findings) {
    console.log(linesOf(finding))
    told.push(finding.verdict)
  }
}

function count(verdict: Verdict): number {
  return told.filter(other => other === verdict).length
}

/** `openai` is how this machine's own server asks its provider. */
async function checkSite(
  site: Site,
  { ask, openai }: { ask: boolean; openai?: Env['openai'] },
): Promise<void> {
  const { findings, reached } = await checkConnection(site)
  tell(findings)
  if (!reached) return
  for (const [name, check] of Object.entries(CHECKS)) tell(await attempt(name, () => check(site)))
  tell(await attempt('provider', () => (ask ? askProvider(site, openai) : checkProvider(site))))
}

async function attempt(name: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check()
  } catch (error) {
    return [fail(name, `no answer: ${reasonOf(error)}`)]
  }
}

interface Command {
  /** If absent, this machine's own server is checked. */
  site: Site | undefined
  ask: boolean
}

/** Throws `TypeError` if the arguments are wrong. */
function readCommand(): Command {
  const { values, positionals } = parseArgs({ options: { ask: { type: 'boolean' } }, allowPositionals: true })
  const [address, ...others] = positionals
  if (others.length > 0) throw new TypeError('more than one address')
  return { site: address === undefined ? undefined : siteAt(address), ask: values.ask ?? false }
}

async function run({ site, ask }: Command): Promise<void> {
  if (site) return checkSite(site, { ask })
  const { findings, env } = checkMachine()
  tell(findings)
  if (!env) return
  const { server, openai, further } = env
  if (openai) tell([await checkAddress(openai)])
  for (const each of further) tell([await checkAddress(each, `PROVIDER_${each.name.toUpperCase()}`)])
  tell(await checkToolServers(env, process.env))
  await checkSite(siteAt(ownAddress(server)), { ask, openai })
}

/** The address by which this machine reaches its own server. */
function ownAddress({ host, port }: { host: string; port: number }): string {
  const isReachedByName = /^(0\.0\.0\.0|::1?|127\..*)$/.test(host)
  return `http://${isReachedByName ? 'localhost' : host}:${port}`
}

let command: Command
try {
  command = readCommand()
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\nUsage: ${USAGE}`)
  process.exit(2)
}
await run(command)
const failures = count('FAIL')
console.log(`\n${failures === 0 ? 'nothing' : failures} wrong, ${count('warn')} to look at`)
process.exit(failures === 0 ? 0 : 1)
