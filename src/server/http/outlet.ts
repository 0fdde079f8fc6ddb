import type { HeaderFields } from '../access/requestFacts.ts'

/** The body of one HTTP response, as an event stream writes it. Each adapter has its own. */
export interface Outlet {
  /** How much is written and has not left, in bytes or UTF-16 units. */
  readonly pending: number
  /** Whether the response waits behind another one on its connection. */
  readonly waitsForTurn: boolean
  /** Calls back once the client has left or has everything. Does so at once if that has happened. */
  onClose(callback: () => void): void
  /** Begins a response of events, and sends its head at once. */
  begin(headers: HeaderFields): void
  /** Answers with 204 and nothing more. */
  sendNothing(headers: HeaderFields): void
  /** `onLeft` is called once `text` has left, with an error if it could not. */
  write(text: string, onLeft?: (error?: Error | null) => void): void
  end(): void
  /** Cuts the response, so that the client sees that it is not complete. */
  cut(): void
}
