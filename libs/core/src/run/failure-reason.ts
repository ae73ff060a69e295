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

/** A failure with the program's last words, which may say better than its exit code that a disk was full. */
export function withWordsOfProgram(failure: Failure, stderrTail: string): Failure {
  const isFull = failure.class === 'SOFTWARE' && DISK_IS_FULL.test(stderrTail);
  const told = isFull ? onFullDisk(failure) : failure;
  return { class: told.class, reason: reasonWithStderr(told.reason, stderrTail) };
}
