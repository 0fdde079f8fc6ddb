import type { CSSOptions } from 'vite'

type Plugins = NonNullable<Extract<CSSOptions['postcss'], object>['plugins']>
type Plugin = Extract<Plugins[number], { prepare?: unknown }>
type Root = Parameters<Extract<NonNullable<Plugin['OnceExit']>, (...args: never[]) => unknown>>[0]

/*
 * Makes of styles for a whole page those of one element, `.riacho`. Rules keep their weight among each other, because
 * `:where()` adds none.
 */

const ROOT = '.riacho'
const WITHIN = `:where(${ROOT})`
/** They stand for the whole page. */
const PAGE = /^(?:html|body|:root|:host)(?![\w-])/

/** Scopes every rule, gives keyframes names that no app has, and puts all into the layer `riacho`. */
export function scopeStyles(): Plugin {
  return {
    postcssPlugin: 'riacho:scope-styles',
    OnceExit(root, { AtRule }) {
      const keyframes = new Set<string>()
      root.walkAtRules('keyframes', rule => {
        keyframes.add(rule.params)
        rule.params = `riacho-${rule.params}`
      })
      root.walkRules(rule => {
        const { parent } = rule
        const isStep = parent?.type === 'atrule' && parent.name === 'keyframes'
        if (!isStep) rule.selectors = [...new Set(rule.selectors.flatMap(scoped))]
      })
      root.walkDecls(/^(?:animation(?:-name)?|--animate-.*)$/, declaration => {
        declaration.value = declaration.value.replace(/[\w-]+/g, word => {
          return keyframes.has(word) ? `riacho-${word}` : word
        })
      })
      root.walkAtRules('font-face', rule => {
        rule.walkDecls('src', declaration => {
          const [woff2] = declaration.value.split(',').filter(source => source.includes('woff2'))
          if (woff2) declaration.value = woff2
        })
      })
      const layered = root.nodes.filter(node => !isOfTheDocument(node))
      const layer = new AtRule({ name: 'layer', params: 'riacho', nodes: [] })
      layer.append(layered)
      root.append(layer)
    },
  }
}

function scoped(selector: string): string[] {
  if (PAGE.test(selector)) return [selector.replace(PAGE, ROOT)]
  if (selector.startsWith('.riacho')) return [selector]
  // The chat itself is as much part of it as what is within.
  const isPlain = /^(?:\*|::?[\w-]+(?:\([^)]*\))?)$/.test(selector)
  return isPlain
    ? [`${ROOT}${selector.replace('*', '')}`, `${WITHIN} ${selector}`]
    : [`${WITHIN} ${selector}`]
}

/** What has no place in a layer, or means the same in each. */
function isOfTheDocument(node: Root['nodes'][number]): boolean {
  return node.type === 'atrule' && ['charset', 'font-face', 'property'].includes(node.name)
}
