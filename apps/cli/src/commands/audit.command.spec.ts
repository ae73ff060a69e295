import pc from 'picocolors';
import type { CommandContext } from '../command-context.js';
import { auditPage, parseSince } from './audit.command.js';

const terminal = { colors: pc.createColors(false) } as CommandContext['terminal'];
const clean = {
  ...{ id: 3, location: 'archive', state: 'done', checksums: true, copies: 12, bytes: 4096, problem: null },
  ...{ missing: 0, damaged: 0, unreadable: 0, recovered: 0, lost: 0 },
  ...{ unknown_files: 0, unknown_bytes: 0, attempt_files: 2, attempt_bytes: 10, links: 1 },
};

describe('an audit, for people', () => {
  it('says what was looked at, and what was not followed', () => {
    const page = auditPage(clean, [], { terminal });
    expect(page).toMatch(/^audit 3 of archive: done\n12 copies looked at and compared/);
    expect(page).toMatch(/1 links not followed$/);
  });

  it('is loud about what nothing can bring back, and shows that first, with what to do', () => {
    const page = auditPage(
      { ...clean, missing: 2, lost: 1 },
      [
        { kind: 'unknown', severity: 'note', path: 'stray', detail: '', advice: 'Register it.' },
        {
          kind: 'missing',
          severity: 'lost',
          path: 'raw/a',
          detail: 'nothing is there',
          advice: 'Restore it.',
        },
      ],
      { terminal },
    );
    expect(page).toMatch(/1 DATA FILES HAVE NO GOOD COPY LEFT/);
    expect(page).toMatch(/lost +missing +raw\/a +nothing is there +Restore it\.[\s\S]*note +unknown +stray/);
  });
});

describe('the time of --since', () => {
  const now = new Date('2026-05-08T12:00:00Z');

  it('is so many days ago, or a time', () => {
    expect(parseSince('7d', now)).toEqual(new Date('2026-05-01T12:00:00Z'));
    expect(parseSince('2026-05-01', now)).toEqual(new Date('2026-05-01T00:00:00Z'));
  });

  it('that cannot be read is refused with what would do', () => {
    expect(() => parseSince('soon', now)).toThrow(/"soon" is no time/);
  });
});
