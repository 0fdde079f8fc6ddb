import type { RootContent } from 'hast'
import { common, createLowlight } from 'lowlight'
import { type HighlightAnswer, type HighlightRequest, READY, type Run } from './highlight.ts'

const lowlight = createLowlight(common)

addEventListener('message', ({ data }: MessageEvent<HighlightRequest>) => {
  const { id, language, code } = data
  const runs = lowlight.registered(language) ? runsOf(lowlight.highlight(language, code).children, '') : null
  postMessage({ id, runs } satisfies HighlightAnswer)
})

postMessage(READY)

/** The leaves of a tree in order, each with the classes of its innermost element. */
function runsOf(nodes: readonly RootContent[], scope: string): Run[] {
  const runs: Run[] = []
  for (const node of nodes) {
    if (node.type === 'text') add(runs, [node.value, scope])
    if (node.type !== 'element') continue
    const classes = node.properties['className']
    const inner = runsOf(node.children as RootContent[], Array.isArray(classes) ? classes.join(' ') : scope)
    for (const run of inner) add(runs, run)
  }
  return runs
}

function add(runs: Run[], [text, scope]: Run): void {
  const last = runs.at(-1)
  if (last && last[1] === scope) runs[runs.length - 1] = [last[0] + text, scope]
  else runs.push([text, scope])
}
