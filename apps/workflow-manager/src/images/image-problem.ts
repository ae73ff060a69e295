/** Why an image cannot be had, in words that follow its name: `is missing`. Whoever meets it waits and tries again. */
export class ImageUnusable extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'ImageUnusable';
  }
}
