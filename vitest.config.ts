/* How the tests run: against the sources, not the build, so that a failing line is the line one edits. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(`src/${path}`, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: '#platform', replacement: source('node/platform.ts') },
      { find: 'recurra/inspection', replacement: source('inspection/index.ts') },
      { find: 'recurra/node', replacement: source('node/index.ts') },
      { find: /^recurra$/, replacement: source('index.ts') },
    ],
  },
  test: {
    include: ['tests/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    setupFiles: ['tests/longRuns.ts'],
    testTimeout: 60_000,
    // A busy machine takes its time to start a browser or a command line.
    hookTimeout: 60_000,
  },
})
