import { CliError, EXIT_CODES } from '../cli-error.js';

/** A number from the command line, as an id; anything else is a usage error that says where ids are shown. */
export function parseId(text: string, noun: string, listCommand: string): number {
  const id = Number(text);
  if (Number.isSafeInteger(id) && id > 0) return id;
  throw new CliError({
    message: `${JSON.stringify(text)} is not the id of a ${noun}.`,
    action: `"meridian ${listCommand}" shows ids.`,
    exitCode: EXIT_CODES.usage,
  });
}
