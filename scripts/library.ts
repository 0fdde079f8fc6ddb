// Makes the browser's half of the package, bundled: `lib/web`. `npm pack` runs it after tsc, which made `lib/types`.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'vite'

const ROOT = join(import.meta.dirname, '..')
const WEB = join(ROOT, 'lib', 'web')
const TYPES = join(ROOT, 'lib', 'types')
const ENTRIES = { client: 'browser/createChatClient' }

await bundle()
keepReachableTypes()

async function bundle(): Promise<void> {
  const entry = Object.fromEntries(
    Object.entries(ENTRIES).map(([name, path]) => [name, join(ROOT, 'src', `${path}.ts`)]),
  )
  await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    publicDir: false,
    build: {
      outDir: WEB,
      emptyOutDir: true,
      target: 'es2023',
      lib: { entry, formats: ['es'] },
      rolldownOptions: {
        output: { minify: true, entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  })
}

/** Deletes the declarations that no entry leads to. tsc writes those of every module. */
function keepReachableTypes(): void {
  const reached = new Set(Object.values(ENTRIES).map(path => join(TYPES, `${path}.d.ts`)))
  for (const file of reached) {
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(
      /(?:from|import\() ?['"](\.[^'"]+)\.tsx?['"]/g,
    )) {
      const next = join(dirname(file), `${path}.d.ts`)
      if (existsSync(next)) reached.add(next)
    }
  }
  for (const entry of readdirSync(TYPES, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !reached.has(path)) rmSync(path)
  }
}
