// Builds the pages: `node scripts/build.ts <name>` makes the folder dist/<name>, whole or not at all. Older builds stay for
// a day, because a running server keeps the build it started with.
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, extname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import tailwindcss from '@tailwindcss/vite'
import { build, type InlineConfig, type Plugin, type Rolldown, runnerImport } from 'vite'
import type { Entries, EntryFiles } from '../src/pages/documents.tsx'
import { LOCALES } from '../src/protocol/locale.ts'
import {
  BUILD_INDEX,
  type BuildIndex,
  ENCODINGS,
  type Encoding,
  LICENSES_FILE,
} from '../src/protocol/pages.ts'
import { WIDGET_FILE } from '../src/protocol/widget.ts'
import { compiledTexts } from './compiledTexts.ts'
import { collectLicenses } from './licenses.ts'

const ROOT = join(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')
/** Milliseconds that a replaced build stays for servers that still use it. */
const KEPT_FOR = 24 * 60 * 60 * 1000
/** The browsers that `README.md` names. Syntax and styles are compiled for them, and `page.grit` checks the rest. */
const BROWSERS = ['chrome111', 'edge111', 'firefox128', 'safari16.4']
/** Files in these formats are compressed already. */
const COMPACT = ['.png', '.woff', '.woff2']

/**
 * Replaces the helper that Vite puts around every `import()` by `importFetched`. Most browsers remember that a module
 * could not be fetched, and never try again.
 */
const retriableImports: Plugin = {
  name: 'riacho:retriable-imports',
  enforce: 'pre',
  load: id =>
    id === '\0vite/preload-helper.js'
      ? `export { importFetched as __vitePreload } from '/src/pages/importFetched.ts'`
      : null,
}

const CONFIG: InlineConfig = { configFile: false, root: ROOT, logLevel: 'error' }

const [name = 'local'] = process.argv.slice(2)
process.env['NODE_ENV'] = 'production'
const folder = join(DIST, `${name}.${process.pid}`)
const licenses = collectLicenses(ROOT)
const documents = await drawDocuments(await bundle(folder))
await bundleWidget(folder)
for (const [path, content] of documents) await write(join(folder, path), content)
await write(join(folder, LICENSES_FILE), licenses.text())
await write(join(folder, BUILD_INDEX), JSON.stringify(await compressAll(folder)))
await rm(join(DIST, name), { recursive: true, force: true })
await rename(folder, join(DIST, name))
await forgetOldBuilds()

/** Writes scripts, styles and fonts under names that change with their content, and copies `public`. */
async function bundle(outDir: string): Promise<Entries> {
  const pages = await bundleEntries(outDir, {
    chat: 'src/pages/chatEntry.tsx',
    shared: 'src/pages/sharedEntry.tsx',
    account: 'src/pages/accountEntry.tsx',
    frame: 'src/pages/frameEntry.tsx',
  })
  // For itself, because a page more would cut what the chat fetches into more and smaller files.
  const admin = await bundleEntries(outDir, { admin: 'src/pages/adminEntry.tsx' })
  return {
    chat: pages.entry('chat'),
    shared: pages.entry('shared'),
    account: pages.entry('account'),
    frame: pages.entry('frame'),
    catalogues: pages.catalogues,
    admin: admin.entry('admin'),
    adminCatalogues: admin.catalogues,
  }
}

async function bundleEntries(outDir: string, input: Record<string, string>) {
  const built = (await build({
    ...CONFIG,
    plugins: [retriableImports, compiledTexts(ROOT), licenses.plugin(), tailwindcss()],
    worker: { plugins: () => [licenses.plugin()] },
    build: {
      outDir,
      emptyOutDir: false,
      target: BROWSERS,
      // The page's content security policy forbids fonts and scripts in `data:` addresses.
      assetsInlineLimit: 0,
      modulePreload: {
        polyfill: false,
        resolveDependencies: (file, files) => (files.length > 0 ? files : [file]),
      },
      reportCompressedSize: false,
      rolldownOptions: {
        // Otherwise what pages have in common is in the entry of one of them, and fetching it starts that page in another one.
        experimental: { chunkOptimization: { mergeCommonChunks: false } },
        input,
      },
    },
  })) as Rolldown.RolldownOutput
  const chunks = built.output.filter(file => file.type === 'chunk')
  const entry = (wanted: string) =>
    filesOf(
      find(chunks, chunk => chunk.isEntry && chunk.name === wanted),
      chunks,
    )
  const catalogue = (module: string) =>
    `/${find(chunks, chunk => chunk.facadeModuleId?.endsWith(module) === true).fileName}`
  return {
    entry,
    catalogues: Object.fromEntries(
      LOCALES.map(locale => [locale, catalogue(`/src/react/i18n/${locale}.ts`)]),
    ) as Entries['catalogues'],
  }
}

/** Writes the script that other sites put into their pages: one file, under a name that stays. */
async function bundleWidget(outDir: string): Promise<void> {
  await build({
    ...CONFIG,
    publicDir: false,
    build: {
      outDir,
      emptyOutDir: false,
      target: BROWSERS,
      reportCompressedSize: false,
      lib: {
        entry: 'src/widget/widgetEntry.ts',
        formats: ['iife'],
        name: 'riachoWidget',
        fileName: () => WIDGET_FILE,
      },
    },
  })
}

function find(chunks: Rolldown.OutputChunk[], test: (chunk: Rolldown.OutputChunk) => boolean) {
  const chunk = chunks.find(test)
  if (!chunk) throw new Error('the build lacks a file that the documents name')
  return chunk
}

function filesOf(entry: Rolldown.OutputChunk, chunks: Rolldown.OutputChunk[]): EntryFiles {
  const needed = new Set([entry])
  for (const { imports } of needed)
    for (const file of imports) needed.add(find(chunks, ({ fileName }) => fileName === file))
  const [script = '', ...modules] = [...needed].map(({ fileName }) => `/${fileName}`)
  const styles = new Set([...needed].flatMap(({ viteMetadata }) => [...(viteMetadata?.importedCss ?? [])]))
  return { script, modules, styles: [...styles].map(file => `/${file}`) }
}

/** Draws the pages as they are before a script runs, with the same components, in this process. */
async function drawDocuments(entries: Entries): Promise<Map<string, string>> {
  const { module } = await runnerImport<typeof import('../src/pages/documents.tsx')>(
    join(ROOT, 'src', 'pages', 'documents.tsx'),
    CONFIG,
  )
  return module.drawDocuments(entries)
}

/** Writes compressed forms beside every file that they make smaller, so that no request has to compress. */
async function compressAll(folder: string): Promise<BuildIndex> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  const forms = await Promise.all(
    paths.map(async path => [relative(folder, path).replaceAll('\\', '/'), await compress(path)] as const),
  )
  return Object.fromEntries(forms)
}

async function compress(path: string): Promise<Partial<Record<Encoding, number>>> {
  const content = await readFile(path)
  const sizes: Partial<Record<Encoding, number>> = { identity: content.length }
  if (COMPACT.includes(extname(path))) return sizes
  const forms = {
    br: await promisify(brotliCompress)(content),
    gzip: await promisify(gzip)(content, { level: 9 }),
  }
  for (const [encoding, { length }] of Object.entries(forms) as [keyof typeof forms, Buffer][]) {
    if (length >= content.length) continue
    await writeFile(path + ENCODINGS[encoding], forms[encoding])
    sizes[encoding] = length
  }
  return sizes
}

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
}

/** Deletes old builds. The age of a build counts from the moment in which another one replaced it. */
async function forgetOldBuilds(): Promise<void> {
  const now = new Date()
  const current = await readFile(join(DIST, 'current'), 'utf8').catch(() => undefined)
  if (current) await utimes(join(DIST, current), now, now).catch(() => {})
  for (const other of await readdir(DIST, { withFileTypes: true })) {
    if (!other.isDirectory()) continue
    const path = join(DIST, other.name)
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: now.getTime() }))
    if (now.getTime() - mtimeMs > KEPT_FOR) await rm(path, { recursive: true, force: true })
  }
}
