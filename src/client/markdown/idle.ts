type Job = () => Promise<void>

const jobs: Job[] = []
let isRunning = false

/** Does a job when the page has nothing better to do, one after the other, each in a task of its own. */
export function whenIdle(job: Job): void {
  jobs.push(job)
  if (isRunning) return
  isRunning = true
  void run()
}

async function run(): Promise<void> {
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    await idle()
    // What a job cannot do stays undone: it only makes better what is shown already.
    await job().catch(() => {})
  }
  isRunning = false
}

function idle(): Promise<void> {
  return new Promise(resolve => {
    if (typeof requestIdleCallback === 'undefined') setTimeout(resolve)
    else requestIdleCallback(() => resolve(), { timeout: 500 })
  })
}
