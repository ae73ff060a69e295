import pc from 'picocolors';
import type { Breaker } from '../api/api-types.js';
import { quietTerminal, type Terminal } from '../terminal/terminal.js';
import { breakerTable } from './breakers.command.js';

const nowhere = (): void => undefined;
const terminal: Terminal = quietTerminal({
  colors: pc.createColors(false),
  isLive: false,
  width: 200,
  print: nowhere,
  write: nowhere,
  note: nowhere,
  draw: nowhere,
});

const breaker = (values: Partial<Breaker>): Breaker => ({
  id: 3,
  location: 'cluster',
  pipeline: 'm17',
  step: 'mosaic',
  failure_class: 'SOFTWARE',
  state: 'open',
  failures: 5,
  outcomes: 6,
  last_failure: 'exit code 1',
  retry_at: '2026-05-01T12:01:00.000Z',
  probe_run_id: null,
  closed_at: null,
  closed_by: null,
  ...values,
});

describe('breakerTable', () => {
  const linesOf = (values: Partial<Breaker>): string =>
    breakerTable([breaker(values)], { terminal }, new Date('2026-05-01T12:00:00Z'));

  it('says what failed where, how often and how', () => {
    const table = linesOf({});
    for (const part of ['m17/mosaic', 'cluster', 'SOFTWARE', '5 of 6', 'exit code 1'])
      expect(table).toContain(part);
  });

  it.each<[Partial<Breaker>, string]>([
    [{}, 'one run tries it at 2026-05-01T12:01:00.000Z'],
    [{ state: 'half_open' }, 'the next run tries it'],
    [{ state: 'half_open', probe_run_id: 17 }, 'run 17 tries it now'],
    [
      { state: 'closed', closed_at: '2026-05-01T11:58:00.000Z', closed_by: 'token:alice' },
      'closed 2 min ago by token:alice',
    ],
  ])('says of %j what happens next', (values, next) => {
    expect(linesOf(values)).toContain(next);
  });
});
