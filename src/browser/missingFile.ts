import type { Failure } from '../client/chat/api.ts'

/** A file of the page that could not be fetched. */
export class MissingFile extends Error {
  /** Of the answer; `null` without one. */
  readonly status: number | null

  constructor(path: string, status: number | null) {
    super(`${path} could not be fetched: ${status}`)
    this.status = status
  }
}

/** Why a part of the page could not be had. A server that lacks a file of this page serves another version of it. */
export function failureOfPart(error: unknown): Failure {
  return error instanceof MissingFile && error.status === 404 ? 'OUTDATED' : 'UNREACHABLE'
}
