// Builds the pages of the peers into bench/browser/dist.
import { join } from 'node:path'
import { build } from 'vite'

const root = join(import.meta.dirname, 'pages')
await build({
  configFile: false,
  root,
  logLevel: 'error',
  build: {
    outDir: join(import.meta.dirname, 'dist'),
    emptyOutDir: true,
    rolldownOptions: {
      input: ['plain', 'react-markdown', 'streamdown'].map(name => join(root, `${name}.html`)),
    },
  },
})
