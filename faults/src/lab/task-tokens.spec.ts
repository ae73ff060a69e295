import { tokensOf } from './task-tokens.js';

describe('tokensOf', () => {
  it.each([
    ['mrd-abc-7-2', '', ['mrd-abc-7-2']],
    ['mrd-abc-7-2', 'N/A', ['mrd-abc-7-2']],
    ['mrd-abc-7-2', '0', ['mrd-abc-7-2']],
    ['mrd-abc-7-2', '12', ['mrd-abc-19-2']],
    ['mrd-abc-7-1', '[0-2,9%3]', ['mrd-abc-7-1', 'mrd-abc-8-1', 'mrd-abc-9-1', 'mrd-abc-16-1']],
    ['interactive', '', []],
  ])('reads %s at %j', (name, indices, tokens) => {
    expect(tokensOf(name, indices)).toEqual(tokens);
  });
});
