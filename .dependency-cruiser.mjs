/**
 * Rooms in the order in which imports may go: from a room to those after it. `providers` implement what `generation`
 * asks of them, and use cases do not know which ones there are.
 */
const SERVER = [
  ['http'],
  ['accounts', 'administration', 'exporting', 'importing', 'messages', 'search', 'sharing', 'titles'],
  ['files'],
  ['conversations'],
  ['runs'],
  ['spending'],
  ['tools'],
  ['access'],
  ['providers'],
  ['telemetry'],
  ['generation'],
  ['log'],
  ['database'],
]
const USE_CASES =
  'accounts|administration|conversations|exporting|files|importing|messages|runs|search|sharing|spending|titles'
const TESTS = '\\.test\\.tsx?$|/testing/'

const serverRooms = SERVER.flat().map(room => {
  const index = SERVER.findIndex(rooms => rooms.includes(room))
  const before = SERVER.slice(0, index).flat()
  return {
    name: `server-${room}-imports-forward`,
    comment:
      'Imports go one way: http, use cases, access, providers, telemetry, generation, log, database, protocol.',
    severity: 'error',
    from: { path: `^src/server/${room}/`, pathNot: TESTS },
    to: {
      path: `^src/[^/]+\\.ts|^src/(host|next|account|doctor|importer|copier|backup|setup)/|^src/server/(${before.join('|') || 'none'})/`,
    },
  }
})

/** The browser's half, in the same order. */
const BROWSER = ['pages', 'react', 'ai-sdk', 'browser', 'client', 'protocol']

const browserRooms = BROWSER.map((room, index) => ({
  name: `${room}-imports-forward`,
  comment: 'Imports go one way: pages, react, ai-sdk, browser, client, protocol.',
  severity: 'error',
  from: { path: `^src/${room}/`, pathNot: TESTS },
  to: {
    path: `^src/(${[...BROWSER.slice(0, index), 'server'].join('|')})/|^src/[^/]+\\.ts`,
  },
}))

export default {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'A cycle has no first file to read.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...serverRooms,
    ...browserRooms,
    {
      name: 'widget-imports-the-protocol-alone',
      comment: 'Other sites load it, so it is one small file.',
      severity: 'error',
      from: { path: '^src/widget/', pathNot: TESTS },
      to: { pathNot: '^src/(widget|protocol)/' },
    },
    {
      name: 'nothing-imports-the-widget',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/widget/' },
      to: { path: '^src/widget/' },
    },
    {
      name: 'riacho-is-composed-at-the-start-alone',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(boot|startRiacho|openOptions|riacho)\\.ts$|^src/host/' },
      to: { path: '^src/(openRiacho|startRiacho)\\.ts$' },
    },
    {
      name: 'riacho-knows-no-environment',
      comment: 'Whoever embeds it passes options in.',
      severity: 'error',
      from: { path: '^src/openRiacho\\.ts$' },
      to: { path: '^src/server/config/env\\.ts$' },
    },
    {
      name: 'services-are-picked-by-http-alone',
      severity: 'error',
      from: { path: '^src/server/', pathNot: '^src/server/http/' },
      to: { path: '^src/server/services\\.ts$' },
    },
    {
      name: 'services-know-no-http',
      severity: 'error',
      from: { path: '^src/server/services\\.ts$' },
      to: { path: '^src/server/http/' },
    },
    {
      name: 'one-adapter-knows-fastify',
      comment: 'Handlers take a call and give an answer, so that another adapter can carry them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/server/http/fastify/' },
      to: { path: '^node_modules/(@fastify|fastify)' },
    },
    {
      name: 'handlers-know-no-socket',
      severity: 'error',
      from: { path: '^src/server/http/', pathNot: `^src/server/http/fastify/|${TESTS}` },
      to: { path: '^(node:)?(http|https|net)$|^src/server/http/fastify/' },
    },
    {
      name: 'only-the-run-store-writes-runs',
      comment:
        'An active run has an owner and a log, so use cases accept, append to and end runs through `RunStore`.',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/server/(log|database/(sqlite|postgres))/|${TESTS}` },
      to: {
        path: '^src/server/database/(runProgress|segments|segmentCodec|sqlite/journal|postgres/(window|nodes|remote))\\.ts$',
      },
    },
    {
      name: 'config-imports-no-room',
      severity: 'error',
      from: { path: '^src/server/(config/|(clock|metrics|readiness)\\.ts)', pathNot: TESTS },
      to: { path: `^src/server/(${SERVER.flat().join('|')})/` },
    },
    {
      name: 'use-cases-know-no-provider',
      severity: 'error',
      from: { path: `^src/server/(${USE_CASES}|generation|log|database)/`, pathNot: TESTS },
      to: { path: '^src/server/providers/' },
    },
    {
      name: 'protocol-imports-only-zod',
      severity: 'error',
      from: { path: '^src/protocol/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^(src/protocol/|node_modules/zod/)' },
    },
    {
      name: 'client-imports-no-react',
      comment: 'The chat without a screen runs wherever JavaScript does. Its tsconfig keeps the DOM away.',
      severity: 'error',
      from: { path: '^src/(client|browser)/', pathNot: TESTS },
      to: { path: '^node_modules/(react|react-dom|use-intl|radix-ui|lucide-react)/' },
    },
    {
      name: 'streams-know-no-chat',
      comment: 'A stream of runs knows no conversation and no state of the chat.',
      severity: 'error',
      from: { path: '^src/client/streams/', pathNot: TESTS },
      to: { path: '^src/client/chat/' },
    },
    {
      name: 'the-browser-carries-no-zod',
      comment: 'Requests are validated by the server; the client takes their types only.',
      severity: 'error',
      from: { path: `^src/(${BROWSER.slice(0, -1).join('|')})/` },
      to: { path: '^(node_modules/zod/|src/protocol/requests\\.ts)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-dev-dependency-at-run-time',
      comment: 'The server runs without what only builds the pages. The build has put that into their files.',
      severity: 'error',
      from: {
        path: '^src/[^/]+\\.ts$|^src/(server|protocol|host|next|account|doctor|importer|copier|backup|setup)/',
        pathNot: TESTS,
      },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        // The drivers of other databases are optional peers.
        pathNot: 'node_modules/(@types|pg|mysql2)/',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
}
