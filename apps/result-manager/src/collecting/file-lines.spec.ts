import { fileLines, type FileLine } from './file-lines.js';

const MEBIBYTE = 1 << 20;

/** Lines of `content`, which arrives in parts of at most `most` bytes. */
const linesOf = async (content: Buffer, most = MEBIBYTE): Promise<FileLine[]> => {
  const lines: FileLine[] = [];
  const read = (offset: number, bytes: number) =>
    Promise.resolve(content.subarray(offset, offset + Math.min(bytes, most)));
  for await (const line of fileLines(read)) lines.push(line);
  return lines;
};
const texts = async (text: string, most?: number): Promise<[number, string][]> =>
  (await linesOf(Buffer.from(text), most)).map((line) => [line.number, line.text]);

describe('the lines of a file', () => {
  it.each([1, 2, 3, 7, MEBIBYTE])(
    'are whole in parts of %d bytes, characters of several bytes too',
    async (most) => {
      expect(await texts('{"a": "é"}\r\n\n  \n{"b": "\u{1F52D}"}\nlast', most)).toEqual([
        [1, '{"a": "é"}'],
        [4, '{"b": "\u{1F52D}"}'],
        [5, 'last'],
      ]);
    },
  );

  it('are none in an empty file, and one without a line feed', async () => {
    expect([await texts(''), await texts('\n\n'), await texts('x')]).toEqual([[], [], [[1, 'x']]]);
  });

  it('are cut where one is too long, and go on after it', async () => {
    const lines = await linesOf(Buffer.from(`a\n${'x'.repeat(3 * MEBIBYTE)}\nb\n`));
    expect(lines.map(({ number, isCut }) => [number, isCut])).toEqual([
      [1, false],
      [2, true],
      [3, false],
    ]);
    expect([lines[1]?.text.length, lines[2]?.text]).toEqual([MEBIBYTE, 'b']);
  });
});
