/** What every HTTP library can tell of a request. Whoever decides who asks, from where and in which language needs no more. */
export interface RequestFacts {
  readonly method: string
  /** Of the URL, without the query. */
  readonly path: string
  /** As the client sees it: `http` or `https`. */
  readonly protocol: string
  /** The host that the client asks for. A trusted proxy may have named it; `header('host')` is what came over the wire. */
  readonly host: string
  readonly cookies: Readonly<Record<string, string | undefined>>
  /** `name` is in lower case. */
  header(name: string): string | undefined
}

/** Headers of an answer, names in lower case. */
export type HeaderFields = Readonly<Record<string, string>>
