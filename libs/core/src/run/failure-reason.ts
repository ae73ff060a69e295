import { onFullDisk, type Failure } from './classify-failure.js';

/** How much of what a program said last is kept with its run. */
export const MAX_STDERR_LINES = 20;
const MAX_STDERR_CHARACTERS = 2000;
const MAX_TEXT = 1000;

/** What cutting a text in the middle of a surrogate pair leaves behind. */
const HALF_A_CHARACTER = /[\ud800-\udbff]$/;

/**
 * Text of unknown origin made safe to store, print and log: no control characters but line feed and tab, so it cannot
 * steer a terminal or break a text column, and never longer than `maxLength` characters.
 */
export function safeText(text: string, maxLength = MAX_TEXT): string {
  const printable = text
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]/gu, '\ufffd');
  if (printable.length <= maxLength) return printable;
  return `${printable.slice(0, maxLength - 1).replace(HALF_A_CHARACTER, '')}…`;
}

/** A failure's sentence followed by the last lines the program wrote to standard error, bounded and safe. */
export function reasonWithStderr(reason: string, stderrTail: string): string {
  const lines = safeText(stderrTail, Number.MAX_SAFE_INTEGER)
    .split('\n')
    .map((line) => line.trimEnd());
  const last = lines
    .filter((line) => line !== '')
    .slice(-MAX_STDERR_LINES)
    .join('\n')
    .slice(-MAX_STDERR_CHARACTERS);
  return last === '' ? safeText(reason) : `${safeText(reason)}\nlast lines of stderr:\n${last}`;
}

const DISK_IS_FULL = /\b(ENOSPC|EDQUOT)\b|No space left on device|Disk quota exceeded/;

/** Apptainer's last word, with the three blanks that only its own messages have. */
const RUNTIME_GAVE_UP = /^FATAL: {3}(\S[^]*)/m;
/** Of those, what another node would say as well. */
const NO_SUCH_PROGRAM =
  /executable file not found|exec format error|^stat \/.*no such file|^permission denied|format not recognized/;
const NO_RUNTIME = /^timeout: failed to run command .(\S*\/)?(apptainer|singularity)\W/m;

/** A failure with the program's last words, which may say better than its exit code that it was not the program's. */
export function withWordsOfProgram(
  failure: Failure,
  stderrTail: string,
  exitCode: number | null = null,
): Failure {
  const told =
    failure.class === 'SOFTWARE'
      ? (failureOfRuntime(stderrTail, exitCode) ??
        (DISK_IS_FULL.test(stderrTail) ? onFullDisk(failure) : failure))
      : failure;
  return { class: told.class, reason: reasonWithStderr(told.reason, stderrTail) };
}

/** The failure of the container runtime itself, which never got to the program; null when it did. */
function failureOfRuntime(stderrTail: string, exitCode: number | null): Failure | null {
  if (exitCode === 127 && NO_RUNTIME.test(stderrTail))
    return { class: 'INFRASTRUCTURE', reason: 'the container runtime is not installed on the node' };
  const word = exitCode === 255 ? RUNTIME_GAVE_UP.exec(stderrTail)?.[1]?.trim() : undefined;
  if (word === undefined) return null;
  return {
    class: NO_SUCH_PROGRAM.test(word) ? 'SOFTWARE' : 'INFRASTRUCTURE',
    reason: `the container could not start the program: ${word.replace(/\s+/g, ' ')}`,
  };
}
