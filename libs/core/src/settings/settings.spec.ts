import { choiceSetting, integerSetting, readSettings, textSetting } from './settings.js';

const TABLE = {
  url: textSetting('DATABASE_URL', { description: 'the database', secret: true }),
  port: integerSetting('PORT', { min: 1, max: 65_535 }, { description: 'the port', fallback: 8080 }),
  level: choiceSetting('LEVEL', ['info', 'debug'], { description: 'how much is logged', fallback: 'info' }),
};

describe('readSettings', () => {
  it('reads what is set and falls back for what is not', () => {
    expect(readSettings(TABLE, { DATABASE_URL: 'postgresql://x', PORT: '', LEVEL: 'debug' })).toEqual({
      url: 'postgresql://x',
      port: 8080,
      level: 'debug',
    });
  });

  it('names every variable that is wrong and none of their values', () => {
    const read = () => readSettings(TABLE, { PORT: '70000', LEVEL: 'secret-value' });

    expect(read).toThrow(
      expect.objectContaining({
        code: 'configuration.invalid',
        problems: [
          expect.objectContaining({ path: 'DATABASE_URL' }),
          expect.objectContaining({
            path: 'PORT',
            message: 'PORT must be a whole number from 1 to 65535: the port',
          }),
          expect.objectContaining({
            path: 'LEVEL',
            message: 'LEVEL must be one of info, debug: how much is logged',
          }),
        ],
      }),
    );
  });
});
