/** Loaded before the server: SIGUSR2 collects garbage, so that what is left in the heap is what is held. */
process.on('SIGUSR2', () => globalThis.gc?.())
