import { parseSubjectArgument } from './subject-argument.js';

describe('what a command is asked about', () => {
  it('is an item by its number, a software version by its name, anything else in full', () => {
    const kinds = ['item', 'run', 'software', 'host'] as const;
    const read = ['17', 'item:17', 'run:5', 'extract@1.2.0', 'host:node17'].map((text) =>
      parseSubjectArgument(text, kinds),
    );
    expect(read).toEqual(['item:17', 'item:17', 'run:5', 'software:extract@1.2.0', 'host:node17']);
  });

  it('is refused with how to write it', () => {
    expect(() => parseSubjectArgument('tape', ['item', 'host'])).toThrow(
      expect.objectContaining({ action: 'Write it as item:17, or as host:node17.', exitCode: 2 }),
    );
  });
});
