import type { Failure } from '../client/api.ts'

/** A file of the page that could not be fetched. */
export class MissingFile extends Error {
  /** The status of the answer; `null` without an answer. */
  readonly status: number | null

  constructor(path: string, status: number | null) {
    super(`${path} could not be fetched: ${status}`)
    this.status = status
  }
}

/** Why a part of the page could not be fetched. A server that lacks the file has another version of the page. */
export function failureOfPart(error: unknown): Failure {
  return error instanceof MissingFile && error.status === 404 ? 'OUTDATED' : 'UNREACHABLE'
}
