const preset = require('./jest.preset.cjs');

const project = (displayName, options) => ({ ...preset, rootDir: __dirname, displayName, ...options });

// Four sizes of test: no I/O; a real PostgreSQL; whole processes; a real cluster.
module.exports = {
  testTimeout: 60_000,
  maxWorkers: '100%',
  projects: [
    project('unit', {
      roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/faults'],
      testRegex: '(?<!\\.(db|e2e|lab))\\.spec\\.ts$',
    }),
    project('db', {
      roots: ['<rootDir>/apps', '<rootDir>/libs'],
      testRegex: '\\.db\\.spec\\.ts$',
      globalSetup: '<rootDir>/tools/jest/start-postgres.cjs',
      globalTeardown: '<rootDir>/tools/jest/stop-postgres.cjs',
    }),
    project('e2e', {
      roots: ['<rootDir>/e2e', '<rootDir>/faults'],
      testRegex: '\\.e2e\\.spec\\.ts$',
      globalSetup: '<rootDir>/tools/jest/start-postgres.cjs',
      globalTeardown: '<rootDir>/tools/jest/stop-postgres.cjs',
    }),
    // A real Slurm, Apptainer and sshd: `npm run test:lab` brings them up.
    project('lab', {
      roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/e2e'],
      testRegex: '\\.lab\\.spec\\.ts$',
      globalSetup: '<rootDir>/tools/jest/start-postgres.cjs',
      globalTeardown: '<rootDir>/tools/jest/stop-postgres.cjs',
    }),
  ],
};
