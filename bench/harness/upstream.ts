import { once } from 'node:events'
import { join } from 'node:path'
import type { UpstreamReport } from '../upstream/serveUpstream.ts'
import { UPSTREAM_CORE } from './machine.ts'
import { BENCH, NODE, startProcess } from './processes.ts'

export interface Upstream {
  port: number
  /** The base URL for relays. */
  url: string
  pids(): number[]
  /**
   * Resolves when the socket of the reply is closed before its end, with the time and the number of tokens written.
   * Never resolves if the reply ends.
   */
  abandoned(key: string): Promise<{ at: number; tokens: number }>
  /**
   * Since the last call: how late it wrote tokens (99th percentile), the number of requests, and for each reply with
   * calls the time from the last byte of the calls to the request with their results. Times are in milliseconds.
   */
  lag(): Promise<{ p99: number; requests: number; turns: number[] }>
  stop(): Promise<void>
}

export async function startUpstream(log: string): Promise<Upstream> {
  const args = [NODE, join(BENCH, 'upstream', 'serveUpstream.ts')]
  const { child, pids, stop } = startProcess({ args, core: UPSTREAM_CORE, log, ipc: true })
  const listeners = new Set<(report: UpstreamReport) => boolean>()
  const died = once(child, 'exit').then(() => {
    throw new Error('the fake upstream has ended')
  })
  died.catch(() => {})
  child.on('message', (report: UpstreamReport) => {
    for (const listener of listeners) if (listener(report)) listeners.delete(listener)
  })
  const next = <Type extends UpstreamReport['type']>(type: Type, key?: string) =>
    new Promise<Extract<UpstreamReport, { type: Type }>>(resolve => {
      listeners.add(report => {
        if (report.type !== type || (key !== undefined && 'key' in report && report.key !== key)) return false
        resolve(report as Extract<UpstreamReport, { type: Type }>)
        return true
      })
    })
  const { port } = await Promise.race([next('listening'), died])
  return {
    port,
    url: `http://127.0.0.1:${port}/v1`,
    pids,
    stop,
    abandoned: key => next('left', key),
    lag() {
      const report = next('lag')
      child.send('lag')
      return report
    },
  }
}
