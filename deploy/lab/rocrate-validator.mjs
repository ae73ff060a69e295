import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './commands.mjs';
import { CACHE_DIRECTORY } from './settings.mjs';

const REQUIREMENTS = fileURLToPath(new URL('rocrate-validator.txt', import.meta.url));
const ENVIRONMENT = join(CACHE_DIRECTORY, 'rocrate-validator');
/** Written last: an installation that was cut off is done again. */
const INSTALLED = join(ENVIRONMENT, 'installed.txt');
const PYTHON = join(ENVIRONMENT, 'bin/python');

/** The Python that has rocrate-validator, or null: it is in no Debian, and a machine may have no way to Python's packages. */
export const rocrateValidator = () => (isInstalled() ? PYTHON : null);

const isInstalled = () =>
  existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === readFileSync(REQUIREMENTS, 'utf8');

/** Installs it where that is possible, and says where it is not. */
export async function installRocrateValidator(say) {
  if (isInstalled()) return;
  say('Installing rocrate-validator');
  try {
    await run('python3', ['-m', 'venv', '--clear', ENVIRONMENT]);
    await run(PYTHON, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-input',
      '--retries',
      '1',
      '-r',
      REQUIREMENTS,
    ]);
    writeFileSync(INSTALLED, readFileSync(REQUIREMENTS));
  } catch (error) {
    say(`rocrate-validator cannot be installed, its test will be skipped: ${error.message.split('\n')[0]}`);
  }
}
