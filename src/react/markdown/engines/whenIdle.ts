type Job = () => Promise<void>

const jobs: Job[] = []
let running: Promise<void> | null = null
let isHurried = false
const elsewhere = new Set<Promise<unknown>>()

/** Does a job when the page is idle. Jobs run one after another, each in its own task. */
export function whenIdle(job: Job): void {
  jobs.push(job)
  running ??= run()
}

/** Has `doAllNow` wait for work that a worker does. It never rejects. */
export function noteWork<Result>(work: Promise<Result>): Promise<Result> {
  elsewhere.add(work)
  void work.then(() => elsewhere.delete(work))
  return work
}

/** Does all jobs now, also those that are added meanwhile, and waits for the work that goes on elsewhere. */
export async function doAllNow(): Promise<void> {
  isHurried = true
  while (running || elsewhere.size > 0) await Promise.all([running, ...elsewhere])
  isHurried = false
}

async function run(): Promise<void> {
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    await turn()
    // A failed job is dropped, because jobs only improve what is shown already.
    await job().catch(() => {})
  }
  running = null
}

function turn(): Promise<void> {
  return new Promise(resolve => {
    if (isHurried) setTimeout(resolve)
    else onIdle(resolve, { latest: 500, otherwise: 0 })
  })
}

/**
 * Calls back once the page is idle, after `latest` milliseconds in any case. A browser that cannot tell calls back after
 * `otherwise` milliseconds. Gives the function that cancels it.
 */
export function onIdle(
  callback: () => void,
  { latest, otherwise }: { latest: number; otherwise: number },
): () => void {
  if (typeof requestIdleCallback === 'function') {
    const handle = requestIdleCallback(callback, { timeout: latest })
    return () => cancelIdleCallback(handle)
  }
  const timer = setTimeout(callback, otherwise)
  return () => clearTimeout(timer)
}
