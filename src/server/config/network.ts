import { accessSync, constants } from 'node:fs'

/** What lies between Riacho and the servers that it asks, from the variables that other programs read too. */
export interface NetworkSettings {
  /** The proxy for `https` addresses, and the one for `http`. */
  readonly httpsProxy?: string
  readonly httpProxy?: string
  /** Hosts that are asked without a proxy, as `NO_PROXY` lists them. */
  readonly noProxy?: string
  /** A file of certificates to trust besides the known ones, in PEM. */
  readonly caFile?: string
}

/**
 * Reads the settings. The names in small letters win, as in other programs. Adds what is wrong to `problems`. Returns
 * `undefined` if there is neither a proxy nor a file of certificates.
 */
export function readNetwork(
  source: Record<string, string | undefined>,
  problems: string[],
): NetworkSettings | undefined {
  const read = (name: string) => source[name.toLowerCase()]?.trim() || source[name]?.trim()
  const httpsProxy = proxyOf('HTTPS_PROXY')
  const httpProxy = proxyOf('HTTP_PROXY')
  const noProxy = read('NO_PROXY')
  const caFile = source['NODE_EXTRA_CA_CERTS']?.trim()
  if (caFile && !isReadable(caFile)) {
    problems.push(
      'NODE_EXTRA_CA_CERTS: names no file that can be read; expected a file of certificates in PEM',
    )
  }
  if (!httpsProxy && !httpProxy && !caFile) return undefined
  return Object.freeze({
    ...(httpsProxy && { httpsProxy }),
    ...(httpProxy && { httpProxy }),
    ...(noProxy && { noProxy }),
    ...(caFile && { caFile }),
  })

  function proxyOf(name: string): string | undefined {
    const value = read(name)
    if (!value) return undefined
    const url = value.includes('://') ? value : `http://${value}`
    if (/^(https?|socks5?):$/.test(URL.parse(url)?.protocol ?? '')) return url
    problems.push(`${name}: not the address of a proxy; expected such as http://proxy.example.com:3128`)
    return undefined
  }
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}
