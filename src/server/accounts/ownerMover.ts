import { setImmediate } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { KnownProofs } from '../access/knownTokens.ts'
import type { OwnerMoveRow } from '../database/accounts/accountRows.ts'
import {
  beginMove,
  deleteMove,
  endMove,
  findMovable,
  findMoving,
  isLeft,
  listMoves,
  moveSomeMessages,
} from '../database/accounts/ownerMoves.ts'
import { moveOwnerFigures } from '../database/administration/runFigures.ts'
import type { Database } from '../database/database.ts'
import { moveFiles } from '../database/files/messageFiles.ts'
import { markErased } from '../database/owners.ts'
import { moveOwnerRetention } from '../database/retention.ts'
import { revokeProofs } from '../database/revokeProofs.ts'
import { moveToolTokens } from '../database/tools/signIns.ts'
import { logFault } from '../logFault.ts'

export interface OwnerMoverOptions {
  database: Database
  proofs: KnownProofs
  steadyTime: () => number
  now: () => number
  logger: Logger
}

/**
 * Moves what a visitor has to the account that the visitor signed in to, conversation by conversation. A row says that a
 * move is under way, so that any process can go on with it. A conversation moves once it has no active run, and is hidden
 * while its messages move in slices. A move is
 * - **begun**: the visitor can store nothing new, and the sessions are revoked.
 * - **under way**: each look moves what can be moved.
 * - **over**: nothing is left, and the row goes.
 */
export class OwnerMover {
  readonly #options: OwnerMoverOptions
  #looking: Promise<void> | undefined
  #looksAgain = false
  #isClosed = false

  constructor(options: OwnerMoverOptions) {
    this.#options = options
  }

  /** Seals a visitor whose move is stored. The rest follows by itself. */
  async begin(from: string): Promise<void> {
    await this.#seal(from)
    void this.look()
  }

  /** Moves all that can be moved now. Never rejects: a fault is logged, and the next look tries again. */
  look(): Promise<void> {
    this.#looksAgain = true
    this.#looking ??= this.#lookAll().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  /** Resolves once nothing is being moved. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#looking
  }

  async #lookAll(): Promise<void> {
    const { database, logger } = this.#options
    try {
      while (this.#looksAgain && !this.#isClosed) {
        this.#looksAgain = false
        for (const move of await listMoves(database.queries)) await this.#moveAll(move)
      }
    } catch (error) {
      logFault(logger, error, { message: 'what a visitor had could not be moved yet' })
    }
  }

  /** A process may have died before it sealed, so each look does it again. */
  async #seal(from: string): Promise<void> {
    const { database, proofs, steadyTime, now } = this.#options
    const ended = await database.writeFor(from, 'power', async queries => {
      await markErased(queries, { ownerId: from, at: now() })
      return revokeProofs(queries, { ownerId: from, at: steadyTime() })
    })
    proofs.learn(ended)
  }

  async #moveAll({ from_owner_id: from, to_owner_id: to }: OwnerMoveRow): Promise<void> {
    const { database } = this.#options
    await this.#seal(from)
    while (!this.#isClosed) {
      const id = (await findMoving(database.queries, to)) ?? (await this.#beginNext(from, to))
      if (id === undefined) break
      await this.#moveConversation(id, to)
    }
    if (this.#isClosed) return
    await database.writeFor(from, 'process', async queries => {
      if (await isLeft(queries, from)) return
      await moveFiles(queries, { from, to })
      await moveOwnerRetention(queries, { from, to })
      await moveOwnerFigures(queries, { from, to })
      await moveToolTokens(queries, { from, to })
      await deleteMove(queries, from)
    })
  }

  async #beginNext(from: string, to: string): Promise<string | undefined> {
    const { database } = this.#options
    return database.writeFor(from, 'process', async queries => {
      const id = await findMovable(queries, from)
      return id !== undefined && (await beginMove(queries, { id, from, to })) ? id : undefined
    })
  }

  async #moveConversation(id: string, to: string): Promise<void> {
    const { database } = this.#options
    for (let after: number | undefined = 0; after !== undefined; ) {
      const last: number = after
      after = await database.write('process', queries => moveSomeMessages(queries, { id, to, after: last }))
      await setImmediate()
      if (this.#isClosed) return
    }
    await database.write('power', queries => endMove(queries, { id, to }))
  }
}
