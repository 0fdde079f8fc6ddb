import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { RunEnd } from '../protocol/events.ts'

export type Metrics = ReturnType<typeof createMetrics>

/**
 * The figures for Prometheus. They have a registry of their own, so that two servers in one process do not share it.
 */
export function createMetrics({ activeRuns, readers }: { activeRuns: () => number; readers: () => number }) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
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
  const runs = new Counter({
    name: 'riacho_runs_total',
    help: 'Runs that have ended, by status.',
    labelNames: ['status'],
    registers,
  })
  const runSeconds = new Histogram({
    name: 'riacho_run_seconds',
    help: 'From the stored message to the stored end of its run.',
    buckets: [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 1800],
    registers,
  })
  const commitSeconds = new Histogram({
    name: 'riacho_commit_seconds',
    help: 'Transactions that store events.',
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1],
    registers,
  })
  return {
    runEnded({ status }: RunEnd, tookMs: number) {
      runs.inc({ status })
      runSeconds.observe(tookMs / 1000)
    },
    committed: (tookMs: number) => commitSeconds.observe(tookMs / 1000),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
