/** How long each end may take on a busy machine, in milliseconds. A round fails if it takes longer. */
export const BOUNDS = {
  /** From a request to its answer, over any number of deaths of the server. */
  answer: 20_000,
  /** From the acceptance of a run to its end, as a reader sees it. */
  runEnd: 20_000,
  /** From the request for a title to its end. */
  title: 20_000,
  /** From a Stop to its answer, on a server that lives. PROTOCOL.md grants the server 2 s. */
  stop: 6_000,
  /** From the fault of a node to the end of the runs that it wrote, as a reader sees it. */
  takeover: 20_000,
  /** From the start of a process to its first answer. */
  start: 20_000,
  /** From a deletion to its answer, on a server that lives. The run has to end first. */
  deletion: 12_000,
} as const
