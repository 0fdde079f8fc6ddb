/**
 * The milliseconds of processor time that `work` takes on this thread. Another process may hold the processor meanwhile,
 * and the clock would count that too.
 */
export function processorTime(work: () => void): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
