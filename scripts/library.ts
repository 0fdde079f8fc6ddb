// Makes the browser's half of the package, bundled: `web`. `npm pack` runs it after tsc, which made `lib/types`.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import { build, type InlineConfig, type Plugin } from 'vite'
import { compiledTexts } from './compiledTexts.ts'
import { collectLicenses } from './licenses.ts'
import { scopeStyles } from './scopeStyles.ts'

const ROOT = join(import.meta.dirname, '..')
const WEB = join(ROOT, 'web')
const TYPES = join(ROOT, 'lib', 'types')
const ENTRIES = {
  'ai-sdk': 'ai-sdk/riachoTransport',
  client: 'browser/createChatClient',
  react: 'react/embed/riachoReact',
}
const CONFIG: InlineConfig = {
  configFile: false,
  root: ROOT,
  base: './',
  logLevel: 'error',
  publicDir: false,
}

/** The first browsers with `light-dark()`. The build of an app compiles it for older ones, with the app's own rules in sight. */
const LIGHT_DARK = ['chrome123', 'edge123', 'firefox120', 'safari17.5']

/** The style sheet has the styles of what the scripts draw, because not every app can take styles from a script. */
const noStyles: Plugin = {
  name: 'riacho:no-styles',
  enforce: 'pre',
  load: id => (id.split('?')[0]?.endsWith('.css') ? { code: '', moduleType: 'js' } : null),
}

/** Radix UI asks React for a hook that may not be there, in a way that the bundler makes into an import of it. */
const noNewestHook: Plugin = {
  name: 'riacho:no-newest-hook',
  transform: {
    filter: { code: 'React[" useEffectEvent "' },
    handler: code => code.replace(/React\[" useEffectEvent "[^\]]*\]/, 'undefined'),
  },
}

process.env['NODE_ENV'] = 'production'
const licenses = collectLicenses(ROOT)
await buildScripts()
await buildStyles()
writeFileSync(join(WEB, 'third-party-licenses.txt'), licenses.text())
keepReachableTypes()

/** React stays outside, because an app has one of its own. Everything else is inside. */
async function buildScripts(): Promise<void> {
  const input = Object.fromEntries(
    Object.entries(ENTRIES).map(([name, path]) => [name, join(ROOT, 'src', `${path}.ts`)]),
  )
  await build({
    ...CONFIG,
    plugins: [noStyles, noNewestHook, compiledTexts(ROOT), licenses.plugin()],
    // A bundler of the app would look for what old packages name to loaders of their own.
    define: { 'define.amd': 'undefined' },
    worker: { format: 'es', plugins: () => [licenses.plugin()] },
    build: {
      outDir: WEB,
      target: 'es2023',
      modulePreload: false,
      rolldownOptions: {
        input,
        preserveEntrySignatures: 'strict',
        external: [/^react(?:-dom)?(?:[/]|$)/],
        output: {
          entryFileNames: '[name].js',
          chunkFileNames: 'chunks/[name]-[hash].js',
          assetFileNames: 'chunks/[name]-[hash][extname]',
          // A bundler of the app reads it in the entry. The chunks are the entry's alone.
          banner: ({ name, isEntry }) => (isEntry && name === 'react' ? "'use client'" : ''),
        },
      },
    },
  })
}

async function buildStyles(): Promise<void> {
  await build({
    ...CONFIG,
    plugins: [licenses.plugin(), tailwindcss()],
    css: { postcss: { plugins: [scopeStyles()] } },
    build: {
      outDir: WEB,
      emptyOutDir: false,
      assetsInlineLimit: 0,
      cssTarget: LIGHT_DARK,
      rolldownOptions: {
        input: { styles: join(ROOT, 'src', 'react', 'embed', 'styles.css') },
        output: {
          assetFileNames: ({ names }) =>
            names.some(name => name.endsWith('.css')) ? '[name][extname]' : 'fonts/[name][extname]',
        },
      },
    },
  })
}

/** Deletes the declarations that no entry leads to. tsc writes those of every module. */
function keepReachableTypes(): void {
  const reached = new Set(Object.values(ENTRIES).map(path => join(TYPES, `${path}.d.ts`)))
  const imports = /(?:from|import\() ?['"](\.[^'"]+)\.tsx?['"]/g
  for (const file of reached) {
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(imports)) {
      const next = join(dirname(file), `${path}.d.ts`)
      if (existsSync(next)) reached.add(next)
    }
  }
  for (const entry of readdirSync(TYPES, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !reached.has(path)) rmSync(path)
  }
}
