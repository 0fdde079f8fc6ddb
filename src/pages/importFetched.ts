import { MissingFile } from '../browser/missingFile.ts'

const asked = new Map<string, Promise<void>>()

/**
 * The build wraps every `import()` in this function instead of Vite's own. If a module cannot be fetched, a browser does not
 * try again as long as the page lives. So this function fetches the files first, which can be repeated, and imports the
 * module from the browser's cache once all of them are there.
 */
export async function importFetched<Module>(
  load: () => Promise<Module>,
  files: readonly string[] = [],
): Promise<Module> {
  await Promise.all(files.map(file => have(`/${file}`)))
  return load()
}

function have(path: string): Promise<void> {
  const known = asked.get(path)
  if (known) return known
  const asking = path.endsWith('.css') ? addStyle(path) : fetchScript(path)
  asked.set(path, asking)
  asking.catch(() => asked.delete(path))
  return asking
}

async function fetchScript(path: string): Promise<void> {
  if (document.querySelector(`script[src="${path}"], link[rel="modulepreload"][href="${path}"]`)) return
  const response = await fetch(path)
  // The browser caches a response that is read to its end.
  await response.arrayBuffer()
  if (!response.ok) throw new MissingFile(path, response.status)
}

function addStyle(path: string): Promise<void> {
  if (document.querySelector(`link[rel="stylesheet"][href="${path}"]`)) return Promise.resolve()
  const link = document.createElement('link')
  link.rel = 'stylesheet'
  link.href = path
  return new Promise((resolve, reject) => {
    link.onload = () => resolve()
    link.onerror = () => {
      link.remove()
      reject(new MissingFile(path, null))
    }
    document.head.append(link)
  })
}
