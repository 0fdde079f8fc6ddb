import { createHash } from 'node:crypto'

/** The longest name that providers take. */
const LONGEST = 64
const SUFFIX = 7

/**
 * The name of a tool for a model: that of its server, and its own. Names that a provider would not take are changed, and then
 * end with a part of their SHA-256. So a name depends on no other tool, and stays when tools come and go.
 */
export function toolName(server: string, tool: string): string {
  const whole = `${server}__${tool}`
  return /^[\w-]{1,64}$/.test(whole) ? whole : changedName(server, tool)
}

/** Another name for a tool whose own one is taken. */
export function changedName(server: string, tool: string): string {
  const whole = `${server}__${tool}`
  const hash = createHash('sha256')
    .update(whole)
    .digest('hex')
    .slice(0, SUFFIX - 1)
  return `${whole.replace(/[^\w-]/g, '_').slice(0, LONGEST - SUFFIX)}_${hash}`
}
