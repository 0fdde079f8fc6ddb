const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/

/** Whether a name or an address, without a port, can be reached only from this machine. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host.toLowerCase())
}
