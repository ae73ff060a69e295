import { DomainError, parseSubject, subjectText, type SubjectKind } from '@meridian/core';
import { CliError, EXIT_CODES } from '../cli-error.js';

/** What `lineage`, `impact` and `taint` are asked about; a number alone is the id of an item, `name@version` a software version. */
export function parseSubjectArgument(text: string, kinds: readonly SubjectKind[]): string {
  const whole = /^\d+$/.test(text) ? `item:${text}` : /^[^:]+@[^:]+$/.test(text) ? `software:${text}` : text;
  try {
    return subjectText(parseSubject(whole, kinds));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw new CliError({ message: error.message, action: error.action, exitCode: EXIT_CODES.usage });
  }
}
