/** Loaded before the server. SIGUSR2 collects garbage. What is left in the heap is in use. */
process.on('SIGUSR2', () => globalThis.gc?.())
