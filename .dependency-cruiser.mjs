/** Rooms in the order in which imports may go: from a room to those after it. */
const SERVER = ['http', 'services', 'generation', 'log', 'database']

const rooms = SERVER.map((room, index) => ({
  name: `server-${room}-imports-forward`,
  comment: 'Imports go one way: http, services, generation, log, database, protocol.',
  severity: 'error',
  from: { path: `^src/server/${room}/`, pathNot: '\\.test\\.tsx?$' },
  to: { path: `^src/server/(app\\.ts|(${SERVER.slice(0, index).join('|') || 'none'})/)` },
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
    ...rooms,
    {
      name: 'app-is-named-by-boot-alone',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/boot\\.ts$' },
      to: { path: '^src/server/app\\.ts$' },
    },
    {
      name: 'config-imports-no-room',
      severity: 'error',
      from: { path: '^src/server/(config/|clock\\.ts)', pathNot: '\\.test\\.ts$' },
      to: { path: `^src/server/(${SERVER.join('|')})/` },
    },
    {
      name: 'protocol-imports-only-zod',
      severity: 'error',
      from: { path: '^src/protocol/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^(src/protocol/|node_modules/zod/)' },
    },
    {
      name: 'the-browser-imports-no-server',
      severity: 'error',
      from: { path: '^src/(app|client)/' },
      to: { path: '^src/(server|main)', pathNot: '^$' },
    },
    {
      name: 'client-imports-no-page',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { path: '^src/app/' },
    },
    {
      name: 'the-browser-carries-no-zod',
      comment: 'Requests are validated by the server; the client takes their types only.',
      severity: 'error',
      from: { path: '^src/(app|client)/' },
      to: { path: '^(node_modules/zod/|src/protocol/requests\\.ts)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-dev-dependency-at-run-time',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.tsx?$' },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: 'node_modules/@types/',
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
