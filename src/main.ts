import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Node strips types and compiles code once, and not at each start. Only modules imported after this line gain from it.
enableCompileCache(join(import.meta.dirname, '..', 'node_modules', '.cache', 'riacho'))
await import('./boot.ts')
