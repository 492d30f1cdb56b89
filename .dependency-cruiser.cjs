// Which folder may import which. The rings: contract ← pure core ← shell; siblings never meet; a package has one door.
// dependency-cruiser needs TypeScript's old compiler API: pnpm-workspace.yaml gives it a copy of its own. Without it, it
// reports "0 modules cruised" and exit code 0, so test/architecture/imports.test.ts plants a bad import and expects it found.

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

/** Inside the router: from `folder`, only `allowed` sister folders. */
const within = (folder, allowed) =>
  forbid(
    `router-${folder}`,
    `router/src/${folder} may import ${allowed.join(', ') || 'no sister folder'}`,
    { path: `^packages/router/src/${folder}/` },
    { path: '^packages/router/src/', pathNot: `^packages/router/src/(${[folder, ...allowed].join('|')})/` },
  )

/** A package imports the router and itself, nothing else of the workspace. */
const sibling = (name) =>
  forbid(
    `sibling-${name}`,
    `packages/${name} may import @baton/router only`,
    { path: `^packages/${name}/` },
    { path: '^(packages|apps)/', pathNot: `^packages/(${name}|router)/` },
  )

module.exports = {
  forbidden: [
    forbid(
      'no-cycle',
      'modules must not import each other in a circle',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    forbid('not-resolvable', 'an import must lead somewhere', {}, { couldNotResolve: true }),

    sibling('adapters'),
    sibling('journeys'),
    sibling('omni'),
    forbid(
      'sibling-router',
      'the router imports no sibling',
      { path: '^packages/router/' },
      { path: '^(packages|apps)/', pathNot: '^packages/router/' },
    ),
    forbid('apps-are-roots', 'nothing but the apps and the whole-system tests imports an app', { path: '^packages/' }, { path: '^apps/' }),
    forbid(
      'one-door',
      "a package is imported by its door (src/index.ts, or a door named in its package.json's exports)",
      { path: '^(?:packages|apps)/([^/]+)/|^(?:test|bench)/' },
      {
        path: '^(packages|apps)/[^/]+/(src|testing)/',
        pathNot: [
          '^(?:packages|apps)/$1/',
          '^packages/[^/]+/src/index\\.ts$',
          '^packages/router/testing/index\\.ts$',
          '^packages/adapters/src/emulator/index\\.ts$',
          '^packages/[^/]+/src/errors\\.ts$',
          '^apps/server/src/(index|app|compose|main)\\.ts$',
        ],
      },
    ),
    forbid(
      'testing-in-tests',
      'test support is imported by tests only',
      { path: '^(packages|apps)/[^/]+/src/' },
      { path: '^packages/[^/]+/(testing|test)/' },
    ),

    within('contract', []),
    within('conversation', ['contract']),
    within('store', ['contract']),
    within('inbound', ['contract', 'store']),
    within('outbound', ['contract', 'store']),
    forbid(
      'contract-knows-zod-only',
      'the contract imports zod and nothing else',
      { path: '^packages/router/src/contract/' },
      { dependencyTypes: ['npm'], pathNot: 'node_modules/zod/' },
    ),
    forbid(
      'store-without-http',
      "the server's store gives rows and values; http makes views and problems of them",
      { path: '^apps/server/src/store/' },
      { path: '^apps/server/src/http/' },
    ),
    forbid(
      'sql-in-store',
      'SQL is written in store folders; types may be imported anywhere, and auth/ has the tables of better-auth',
      { path: '^(packages|apps)/[^/]+/src/', pathNot: ['/store/', '^apps/server/src/auth/'] },
      { path: 'node_modules/kysely/', dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'xstate-in-conversation',
      'xstate is used in the conversation folder and by its tests',
      { path: '^(packages|apps)/', pathNot: '^packages/router/(src/conversation|test/conversation)/' },
      { path: 'node_modules/xstate/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(payloads|generated)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json'],
    },
  },
}
