import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { EndedRun } from '../generation/activeRuns.ts'

export interface MetricsOptions {
  activeRuns: () => number
  readers: () => number
  version: string
  /** How long erased words have waited for the rewriting of the file, in milliseconds. */
  rewriteWaitedMs: () => number
  /** Which share of each budget of all owners is used. */
  budgetRatios: () => { setting: string; ratio: number }[]
  /** Whether requests go to each provider. */
  providerStates: () => { name: string; state: keyof typeof BREAKER }[]
  /** Whether each MCP server can be reached. */
  toolServers: () => { name: string; state: 'idle' | 'ready' | 'unreachable' | 'signed-out' }[]
}

/** How the state of a breaker is written as a number. */
const BREAKER = { closed: 0, 'half-open': 1, open: 2 }

export type Metrics = ReturnType<typeof createMetrics>

/**
 * The figures for Prometheus. Those of a server have a registry of their own, so that two servers in one process do not
 * share them.
 */
export function createMetrics(options: MetricsOptions) {
  const registry = new Registry()
  const registers = [registry]
  addGauges(registers, options)
  const rewriteSeconds = new Histogram({
    name: 'riacho_rewrite_seconds',
    help: 'Rewritings of the database file. Writes wait for them.',
    buckets: [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300],
    registers,
  })
  const commitSeconds = new Histogram({
    name: 'riacho_commit_seconds',
    help: 'Transactions that store events.',
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1],
    registers,
  })
  const runEnded = figuresOfRuns(registers)
  const providerFailures = new Counter({
    name: 'riacho_provider_failures_total',
    help: 'Requests to a provider that failed before its first word, by code.',
    labelNames: ['provider', 'code'],
    registers,
  })
  // A merged registry has only what was registered before.
  const all = Registry.merge([figuresOfProcess(), registry])
  return {
    runEnded,
    providerFailed: (provider: string, code: string) => providerFailures.inc({ provider, code }),
    committed: (tookMs: number) => commitSeconds.observe(tookMs / 1000),
    rewritten: (tookMs: number) => rewriteSeconds.observe(tookMs / 1000),
    text: () => all.metrics(),
    contentType: all.contentType,
  }
}

/** Counts the runs that end. */
function figuresOfRuns(registers: Registry[]): (ended: EndedRun) => void {
  const runs = new Counter({
    name: 'riacho_runs_total',
    help: 'Runs that have ended, by status. A run that failed has a code.',
    labelNames: ['status', 'code'],
    registers,
  })
  const runSeconds = new Histogram({
    name: 'riacho_run_seconds',
    help: 'From the stored message to the stored end of its run.',
    buckets: [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 1800],
    registers,
  })
  const firstTokenSeconds = new Histogram({
    name: 'riacho_first_token_seconds',
    help: 'From the question to the first word of the reply.',
    buckets: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120],
    registers,
  })
  const tokens = new Counter({
    name: 'riacho_tokens_total',
    help: 'Tokens that the provider counted.',
    labelNames: ['model', 'direction'],
    registers,
  })
  const cost = new Counter({
    name: 'riacho_cost_total',
    help: 'What replies cost by the prices that are set.',
    labelNames: ['model', 'currency'],
    registers,
  })
  return ({ start, end, times }) => {
    const { status, code = '', model = start.model, usage, timing } = end
    runs.inc({ status, code })
    runSeconds.observe((times.storedAt - times.begunAt) / 1000)
    if (typeof timing?.firstTokenMs === 'number') firstTokenSeconds.observe(timing.firstTokenMs / 1000)
    if (usage) {
      tokens.inc({ model, direction: 'input' }, usage.inputTokens)
      tokens.inc({ model, direction: 'output' }, usage.outputTokens)
    }
    if (end.cost) cost.inc({ model, currency: end.cost.currency }, end.cost.amount)
  }
}

let ofProcess: Registry | undefined

/**
 * The figures of the process, which its servers share: prom-client never stops watching the garbage collector and the
 * event loop, and whatever these figures belong to is never freed.
 */
function figuresOfProcess(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry()
    collectDefaultMetrics({ register: ofProcess })
  }
  return ofProcess
}

/** Figures that are read when Prometheus asks for them. */
function addGauges(
  registers: Registry[],
  {
    activeRuns,
    readers,
    rewriteWaitedMs,
    budgetRatios,
    providerStates,
    toolServers,
    version,
  }: MetricsOptions,
): void {
  new Gauge({
    name: 'riacho_build_info',
    help: 'Always 1. The version of Riacho.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1)
  new Gauge({
    name: 'riacho_active_runs',
    help: 'Runs that have not ended.',
    registers,
    collect() {
      this.set(activeRuns())
    },
  })
  new Gauge({
    name: 'riacho_readers',
    help: 'Open event streams.',
    registers,
    collect() {
      this.set(readers())
    },
  })
  new Gauge({
    name: 'riacho_rewrite_waiting_seconds',
    help: 'How long an erasure has waited for the rewriting of the database file. 0 if none waits.',
    registers,
    collect() {
      this.set(rewriteWaitedMs() / 1000)
    },
  })
  if (providerStates().length > 0)
    new Gauge({
      name: 'riacho_provider_state',
      help: 'Whether requests go to a provider. 0: they do. 1: one of them does, to try. 2: none does, because it failed again and again.',
      labelNames: ['provider'],
      registers,
      collect() {
        for (const { name, state } of providerStates()) this.set({ provider: name }, BREAKER[state])
      },
    })
  if (toolServers().length > 0) addToolServers(registers, toolServers)
  if (budgetRatios().length === 0) return
  new Gauge({
    name: 'riacho_budget_used_ratio',
    help: 'Which share of the budget of this month is used. Other nodes may be a minute ahead.',
    labelNames: ['setting'],
    registers,
    collect() {
      for (const { setting, ratio } of budgetRatios()) this.set({ setting }, ratio)
    },
  })
}

function addToolServers(registers: Registry[], toolServers: MetricsOptions['toolServers']): void {
  new Gauge({
    name: 'riacho_tool_server_up',
    help: 'Whether an MCP server can be reached. 1: it can. 0: it cannot, and its tools are left out. Absent: nobody has needed it yet.',
    labelNames: ['server'],
    registers,
    collect() {
      for (const { name, state } of toolServers())
        if (state !== 'idle') this.set({ server: name }, state === 'unreachable' ? 0 : 1)
    },
  })
}
