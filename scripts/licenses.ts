import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import type { Plugin } from 'vite'

const IN_PACKAGES = `${sep}node_modules${sep}`
const LICENSE_FILE = /^(?:license|licence|copying)/i
/** `@import "a-package"` in a style sheet. The style sheet takes it in, and no module is left of it. */
const STYLE_IMPORT = /@import\s+"((?:@[\w-]+\/)?[\w-]+)/g

interface Licenses {
  /** Sees what a build takes in. Each build, also that of a worker, needs one of its own. */
  plugin(): Plugin
  /** Names each package that was taken in, with its licence and the text of it. Throws if one has neither. */
  text(): string
}

/** Collects the licences of all that ships in the built pages: scripts, workers, style sheets and fonts. */
export function collectLicenses(root: string): Licenses {
  const folders = new Set<string>()
  return {
    plugin: () => ({
      name: 'riacho:licenses',
      enforce: 'pre',
      transform: {
        filter: { id: /\.css$/ },
        handler(code) {
          for (const [, name = ''] of code.matchAll(STYLE_IMPORT))
            folders.add(join(root, 'node_modules', name))
        },
      },
      buildEnd() {
        for (const id of this.getModuleIds()) {
          const [path = ''] = id.replace('\0', '').split('?')
          if (path.includes(IN_PACKAGES)) folders.add(packageOf(dirname(path)))
        }
      },
    }),
    text() {
      const entries = new Map([...folders].map(describe))
      return [...entries]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([title, license]) => `${title}\n\n${license}\n`)
        .join(`\n${'-'.repeat(80)}\n\n`)
    },
  }
}

/** The folder of the package. Some folders inside a package have a `package.json` too, but without a version. */
function packageOf(folder: string): string {
  const file = join(folder, 'package.json')
  if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('a module is in no package')
  return packageOf(parent)
}

function describe(folder: string): [title: string, license: string] {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find(entry => LICENSE_FILE.test(entry))
  const text = file && readFileSync(join(folder, file), 'utf8').trim()
  if (!license && !text) throw new Error(`${name} has no licence`)
  return [`${name} ${version} (${license ?? 'see below'})`, text ?? 'Its package has no text of the licence.']
}
