// Proves that the architecture's rules bite: puts deliberately bad files into place, lints them, takes them away again,
// and fails unless every one of them is refused by the rule that it breaks.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const lines = (count) => Array.from({ length: count }, (_, i) => `export const line${i} = ${i};`).join('\n');

const BAD_FILES = [
  {
    in: 'libs/core/src',
    rule: '@nx/enforce-module-boundaries',
    text: "import { runDaemon } from '@meridian/daemon';\nexport const start = runDaemon;",
  },
  {
    in: 'libs/hpc/src',
    rule: '@nx/enforce-module-boundaries',
    text: "import { queryRows } from '@meridian/ops-db';\nexport const ask = queryRows;",
  },
  {
    in: 'apps/trigger-manager/src',
    rule: '@nx/enforce-module-boundaries',
    text: "import * as cli from '../../../cli/src/main.js';\nexport const main = cli;",
  },
  {
    in: 'libs/core/src',
    rule: 'no-restricted-imports',
    text: "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;",
  },
  { in: 'libs/core/src', rule: 'no-restricted-syntax', text: 'export const now = (): number => Date.now();' },
  { in: 'libs/core/src', rule: 'no-restricted-syntax', text: 'export const today = (): Date => new Date();' },
  {
    in: 'libs/core/src',
    rule: 'no-restricted-syntax',
    text: 'export const roll = (): number => Math.random();',
  },
  {
    in: 'libs/core/src',
    rule: 'no-restricted-syntax',
    text: 'export async function later(): Promise<number> {\n  return await Promise.resolve(1);\n}',
  },
  { in: 'libs/core/src', rule: 'no-restricted-globals', text: "console.log('the core does not speak');" },
  { in: 'libs/hpc/src', rule: 'no-restricted-syntax', text: "export const home = process.env['HOME'];" },
  {
    in: 'apps/result-manager/src',
    rule: 'no-restricted-syntax',
    text: "import type { EntityManager } from 'typeorm';\nexport const all = (manager: EntityManager): Promise<unknown> => manager.query('SELECT 1');",
  },
  {
    in: 'apps/result-manager/src',
    rule: '@typescript-eslint/no-restricted-imports',
    text: "import { Client } from 'pg';\nexport const client = new Client();",
  },
  { in: 'libs/core/src', rule: 'max-lines', text: lines(301) },
  {
    in: 'libs/core/src',
    rule: 'max-lines-per-function',
    text: `export function long(): number {\n${'  void 0;\n'.repeat(50)}  return 1;\n}`,
  },
  {
    in: 'libs/core/src',
    rule: 'max-params',
    text: 'export const sum = (a: number, b: number, c: number, d: number, e: number, f: number, g: number): number => a + b + c + d + e + f + g;',
  },
  {
    in: 'libs/core/src',
    rule: 'max-depth',
    text: 'export function deep(a: boolean): number {\n  if (a) {\n    for (;;) {\n      while (a) {\n        if (a) return 1;\n      }\n    }\n  }\n  return 0;\n}',
  },
  {
    in: 'libs/core/src',
    rule: '@typescript-eslint/no-explicit-any',
    text: 'export const shapeless: any = 1;',
  },
  {
    in: 'libs/hpc/src',
    rule: '@typescript-eslint/no-floating-promises',
    text: 'export function forget(): void {\n  Promise.resolve(1);\n}',
  },
  {
    in: 'libs/core/src',
    rule: '@typescript-eslint/switch-exhaustiveness-check',
    text: "export function half(side: 'left' | 'right'): number {\n  switch (side) {\n    case 'left':\n      return 1;\n  }\n  return 0;\n}",
  },
  {
    in: 'libs/core/src',
    rule: 'import-x/no-cycle',
    text: "import { other } from './other.js';\nexport const self = (): number => other();",
    beside: {
      name: 'other.ts',
      text: "import { self } from './bad-file.js';\nexport const other = (): number => self();",
    },
  },
];

async function refusals(bad, number) {
  const folder = join(root, bad.in, `lint-fixture-${process.pid}-${number}`);
  mkdirSync(folder);
  try {
    const file = join(folder, 'bad-file.ts');
    writeFileSync(file, `${bad.text}\n`);
    if (bad.beside) writeFileSync(join(folder, bad.beside.name), `${bad.beside.text}\n`);
    const [result] = await new ESLint({ cwd: root }).lintFiles([file]);
    return result.messages.filter((message) => message.severity === 2).map((message) => message.ruleId);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const toothless = [];
for (const [number, bad] of BAD_FILES.entries()) {
  const rules = await refusals(bad, number);
  if (!rules.includes(bad.rule))
    toothless.push(
      `${bad.rule} let this pass in ${bad.in} (it reported ${rules.join(', ') || 'nothing'}):\n${bad.text}\n`,
    );
}
if (toothless.length > 0) {
  console.error(toothless.join('\n'));
  process.exit(1);
}
console.log(`${BAD_FILES.length} deliberately bad files refused, each by the rule that it breaks`);
