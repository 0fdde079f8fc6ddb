import type { Clock } from '../../clock.ts'
import type { ToolServer } from '../../config/toolServers.ts'
import type { ServerConnection, ToolServerState } from './serverConnection.ts'

/** A connection that nobody has used for so long is closed, in milliseconds. */
const LONGEST_REST = 15 * 60_000

/** The connections to a server where people sign in: one for each of them, because each has rights of their own. */
export class PersonalConnections {
  readonly server: ToolServer
  readonly #clock: Clock
  readonly #open: (ownerId: string) => ServerConnection
  /** The one that was used last stands last. */
  readonly #byOwner = new Map<string, ServerConnection>()

  constructor(
    server: ToolServer,
    { clock, open }: { clock: Clock; open: (ownerId: string) => ServerConnection },
  ) {
    this.server = server
    this.#clock = clock
    this.#open = open
  }

  of(ownerId: string): ServerConnection {
    this.#closeOld()
    const connection = this.#byOwner.get(ownerId) ?? this.#open(ownerId)
    this.#byOwner.delete(ownerId)
    this.#byOwner.set(ownerId, connection)
    return connection
  }

  /** Of the one that was used last. It says nothing of whom it belongs to. */
  get state(): ToolServerState {
    const last = [...this.#byOwner.values()].at(-1)
    return last?.state ?? { name: this.server.name, state: 'idle', tools: 0, changed: [] }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#byOwner.values()].map(connection => connection.close()))
    this.#byOwner.clear()
  }

  #closeOld(): void {
    const oldest = this.#clock.monotonic() - LONGEST_REST
    for (const [ownerId, connection] of this.#byOwner) {
      if (connection.usedAt >= oldest) continue
      this.#byOwner.delete(ownerId)
      void connection.close()
    }
  }
}
