import {
  compareVersions,
  isSemanticVersion,
  isVersionPin,
  majorMinor,
  newestPermitted,
} from './semantic-version.js';

describe('semantic versions', () => {
  it('are ordered as semver.org 2.0.0 §11 says', () => {
    const ordered = [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '1.0.10',
      '1.2.0',
      '1.10.0',
      '10.0.0',
    ];
    expect([...ordered].reverse().sort(compareVersions)).toEqual(ordered);
    expect(compareVersions('1.0.0+build.1', '1.0.0+build.2')).toBe(0);
  });

  it.each([
    ['1.2.3', true, true],
    ['1.2.3-rc.1+5', true, true],
    ['1.2', false, true],
    ['1', false, true],
    ['v1.2.3', false, false],
    ['1.2.x', false, false],
    ['', false, false],
  ])('%s: version %s, pin %s', (text, isVersion, isPin) => {
    expect([isSemanticVersion(text), isVersionPin(text)]).toEqual([isVersion, isPin]);
  });

  it('major.minor leaves patch and pre-release out', () => {
    expect(majorMinor('1.4.2-rc.1')).toBe('1.4');
  });

  const registered = ['1.2.0', '1.10.0', '1.2.9', '2.0.0-rc.1'];
  it.each([
    [null, '1.10.0'],
    ['1.2', '1.2.9'],
    ['1', '1.10.0'],
    ['1.2.0', '1.2.0'],
    ['2.0.0-rc.1', '2.0.0-rc.1'],
    ['2', '2.0.0-rc.1'],
    ['1.1', undefined],
    ['3.0.0', undefined],
  ])('the pin %s permits %s', (pin, version) => {
    expect(newestPermitted(registered, pin)).toBe(version);
  });
});
