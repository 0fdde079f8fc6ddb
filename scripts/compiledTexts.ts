import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import compile from 'icu-minify/compile'
import type { Plugin } from 'vite'
import { LOCALES } from '../src/protocol/locale.ts'

type Texts = string | { readonly [key: string]: Texts }

/**
 * Reads the messages of all catalogues while the pages are built, so that a page fetches no parser of messages: use-intl
 * formats what `icu-minify` has compiled (https://next-intl.dev/docs/usage/configuration#precompile).
 */
export function compiledTexts(root: string): Plugin {
  const files = LOCALES.map(locale => join(root, 'src', 'react', 'i18n', `${locale}.ts`))
  return {
    name: 'riacho:compiled-texts',
    enforce: 'pre',
    resolveId: {
      filter: { id: /^use-intl\/format-message$/ },
      handler(_, importer) {
        return this.resolve('use-intl/format-message/format-only', importer)
      },
    },
    load: {
      filter: { id: /\/src\/react\/i18n\/[\w-]+\.ts$/ },
      async handler(id) {
        if (!files.includes(id)) return null
        const catalogue: Record<string, Texts> = await import(pathToFileURL(id).href)
        return Object.entries(catalogue)
          .map(([name, texts]) => `export const ${name} = ${JSON.stringify(compileAll(texts))}`)
          .join('\n')
      },
    },
  }
}

function compileAll(texts: Texts): unknown {
  if (typeof texts === 'string') return compile(texts)
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, compileAll(text)]))
}
