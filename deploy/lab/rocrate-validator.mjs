import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './commands.mjs';
import { withLock } from './lock.mjs';
import { CACHE_DIRECTORY } from './settings.mjs';

const REQUIREMENTS = fileURLToPath(new URL('rocrate-validator.txt', import.meta.url));
const ENVIRONMENT = join(CACHE_DIRECTORY, 'rocrate-validator');
/** Written last: an installation that was cut off is done again. */
const INSTALLED = join(ENVIRONMENT, 'installed.txt');
const PYTHON = join(ENVIRONMENT, 'bin/python');

const isInstalled = () =>
  existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === readFileSync(REQUIREMENTS, 'utf8');

/** The Python that has rocrate-validator; null where it cannot be installed, which is said: it is in no Debian, and a machine may have no way to Python's packages. */
export function rocrateValidator(say) {
  return withLock(join(CACHE_DIRECTORY, 'lock'), async () => {
    if (isInstalled()) return PYTHON;
    say('Installing rocrate-validator');
    try {
      await run('python3', ['-m', 'venv', '--clear', ENVIRONMENT]);
      const options = ['--quiet', '--no-input', '--retries', '1'];
      await run(PYTHON, ['-m', 'pip', 'install', ...options, '-r', REQUIREMENTS]);
      writeFileSync(INSTALLED, readFileSync(REQUIREMENTS));
      return PYTHON;
    } catch (error) {
      say(`rocrate-validator cannot be installed, its test is skipped: ${error.message.split('\n')[0]}`);
      return null;
    }
  });
}
