import { CliError } from '../cli-error.js';
import { pathOf } from './pause.command.js';

describe('what is paused', () => {
  it.each([
    ['pipeline', 'm17', '/pipelines/m17'],
    ['step', 'm17/mosaic', '/pipelines/m17/steps/mosaic'],
    ['location', 'long/name', '/locations/long%2Fname'],
    ['pool', 'gpu', '/pools/gpu'],
  ] as const)('is, of a %s %s, %s', (what, name, path) => {
    expect(pathOf(what, name)).toBe(path);
  });

  it.each(['mosaic', 'm17/', '/mosaic', 'm17/mosaic/x', ''])('is no step that is called %j', (name) => {
    expect(() => pathOf('step', name)).toThrow(CliError);
  });
});
