/**
 * The input itself is at fault: truncated, not FITS, no image. Running again
 * cannot help, so programs end with exit code 65 and this message, which names
 * the file and says what to do.
 */
export class BadInputError extends Error {
  /**
   * @param {string} file
   * @param {string} problem what is wrong and what to do about it
   */
  constructor(file, problem) {
    super(`${file}: ${problem}`);
    this.name = 'BadInputError';
  }
}
