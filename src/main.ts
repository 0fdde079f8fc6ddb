import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Types are stripped and code is compiled once, not at each start; only what is imported after this line gains from it.
enableCompileCache(join(import.meta.dirname, '..', 'node_modules', '.cache', 'riacho'))
await import('./boot.ts')
