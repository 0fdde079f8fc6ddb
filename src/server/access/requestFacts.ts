/**
 * The facts about a request that every HTTP library knows. They are enough to decide who asks, from where, and in which language.
 */
export interface RequestFacts {
  readonly method: string
  /** The path of the URL, without the query. */
  readonly path: string
  /** What stands before `path` in the address. Empty, or begins with a slash. */
  readonly basePath: string
  /** As the client sees it: `http` or `https`. */
  readonly protocol: string
  /**
   * The host that the client asks for. A trusted proxy may have named it. `header('host')` is what came over the wire.
   */
  readonly host: string
  /** The network address of the client, if the server of the app knows it. */
  readonly address?: string | undefined
  readonly cookies: Readonly<Record<string, string | undefined>>
  /** `name` is in lower case. */
  header(name: string): string | undefined
  /** The request in the web's own form, without its body. A host decides by it who asks. */
  webRequest(): Request
}

/** Headers of an answer. Names are in lower case. */
export type HeaderFields = Readonly<Record<string, string>>
