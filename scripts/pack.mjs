// Makes the files of the package: `lib`, which is the server in JavaScript and the browser's half, and the pages. `npm pack`
// runs it.
import { execFileSync } from 'node:child_process'
import { copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const node = join('node_modules', '.bin', 'node')
const tsc = join('node_modules', 'typescript', 'bin', 'tsc')
const stdio = ['ignore', 'inherit', 'inherit']

// The Node of the machine, because the pinned one may not be installed yet.
execFileSync(process.execPath, [join('scripts', 'prepare.mjs')], { stdio })
// The package has only the newest pages.
const current = readFileSync(join('dist', 'current'), 'utf8')
for (const name of readdirSync('dist'))
  if (name !== 'current' && name !== current) rmSync(join('dist', name), { recursive: true })
rmSync('lib', { recursive: true, force: true })
execFileSync(node, [tsc, '-p', 'tsconfig.package.json'], { stdio })
execFileSync(node, [join('scripts', 'writeOpenapi.ts'), join('lib', 'openapi.json')], { stdio })
execFileSync(node, [tsc, '-p', 'tsconfig.library.json'], { stdio })
execFileSync(node, [join('scripts', 'library.ts')], { stdio })
copyFileSync(join('dist', current, 'widget.js'), join('web', 'widget.js'))
