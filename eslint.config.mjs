import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { flatConfigs as importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

const SOURCES = ['apps/**/*.ts', 'libs/**/*.ts', 'e2e/**/*.ts', 'bench/**/*.ts', 'faults/**/*.ts'];
const TESTS = ['**/*.spec.ts', '**/testing/**/*.ts', '**/*.contract.ts', 'e2e/**/*.ts'];
/** Where a process begins: the only places that read the environment. */
const ENTRY_POINTS = [
  'apps/*/src/main.ts',
  'apps/ops-db-api/src/{migrate,create-token}.ts',
  'bench/src/main.ts',
  ...TESTS,
];

const NO_ENVIRONMENT = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Read process.env only in a main.ts and pass values on.',
};
const NO_MANAGER_QUERY = {
  selector:
    "CallExpression[callee.property.name='query'][callee.object.name=/^(manager|dataSource|runner|db)$/]",
  message: 'Statements go through queryRows in libs/ops-db/src/sql.ts.',
};
const PURE = [
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'The core has no clock: pass `now` in.',
  },
  {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message: 'The core has no clock: pass `now` in.',
  },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'The core has no randomness: pass it in.',
  },
  { selector: ':function[async=true]', message: 'The core is synchronous.' },
  { selector: 'AwaitExpression', message: 'The core is synchronous.' },
  { selector: 'Decorator', message: 'The core is plain functions and data.' },
];

export default tseslint.config(
  {
    ignores: [
      '**/dist',
      '**/out-tsc',
      '**/*.cjs',
      '**/*.mjs',
      '**/*.d.ts',
      'node_modules',
      '.nx',
      '.meridian',
      'examples',
    ],
  },
  ...tseslint.configs.recommendedTypeChecked.map((config) => ({ ...config, files: SOURCES })),
  {
    files: SOURCES,
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx, 'import-x': importX.recommended.plugins['import-x'] },
    settings: {
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: 'tsconfig.base.json' })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: true,
          allow: [],
          depConstraints: [
            { sourceTag: 'layer:core', onlyDependOnLibsWithTags: [] },
            { sourceTag: 'layer:adapter', onlyDependOnLibsWithTags: ['layer:core'] },
            { sourceTag: 'layer:app', onlyDependOnLibsWithTags: ['layer:core', 'layer:adapter'] },
            {
              sourceTag: 'layer:proof',
              onlyDependOnLibsWithTags: ['layer:core', 'layer:adapter', 'layer:app'],
            },
          ],
        },
      ],
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 50, skipComments: true }],
      'max-params': ['error', 6],
      'max-depth': ['error', 3],
      'no-restricted-syntax': ['error', NO_ENVIRONMENT, NO_MANAGER_QUERY],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // Classes that Nest injects must be imported as values; their decorators' metadata names them.
    files: ['apps/**/*.ts', 'libs/daemon/**/*.ts', 'libs/ops-db/src/entities/**/*.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
  {
    files: ['libs/core/src/**/*.ts'],
    ignores: TESTS,
    rules: {
      'no-restricted-syntax': ['error', NO_ENVIRONMENT, NO_MANAGER_QUERY, ...PURE],
      'no-restricted-globals': [
        'error',
        'process',
        'setTimeout',
        'setInterval',
        'fetch',
        'console',
        'performance',
      ],
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^(?!\\.)', message: 'The core imports nothing.' }] },
      ],
    },
  },
  {
    files: ['libs/core/src/recipe/hashing.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^(?!\\.|node:crypto$)', message: 'Only node:crypto, and only here.' }] },
      ],
    },
  },
  {
    // Pure functions of their arguments that nobody should write again: time zones of cron expressions, and the sky.
    files: ['libs/core/src/trigger/cron-schedule.ts', 'libs/core/src/sky/ephemeris.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^(?!\\.|croner$|astronomy-engine$)', message: 'Only croner or astronomy-engine.' },
          ],
        },
      ],
    },
  },
  {
    files: [
      'libs/ops-db/src/sql.ts',
      'libs/ops-db/src/migrations/*.ts',
      'libs/ops-db/src/listen-for-work.ts',
    ],
    rules: { 'no-restricted-syntax': ['error', NO_ENVIRONMENT] },
  },
  {
    files: ['apps/**/*.ts', 'libs/{core,hpc,daemon}/**/*.ts'],
    ignores: TESTS,
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ group: ['pg', 'pg-*'], message: 'Only libs/ops-db talks to PostgreSQL.' }] },
      ],
    },
  },
  { files: ENTRY_POINTS, rules: { 'no-restricted-syntax': ['error', NO_MANAGER_QUERY] } },
  {
    files: TESTS,
    rules: {
      'no-restricted-syntax': 'off',
      // A describe block is a list, not a function; each test in it is still short.
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
  prettier,
);
