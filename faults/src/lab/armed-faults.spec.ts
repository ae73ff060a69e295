import { Ledger } from '../ledger.js';
import { ArmedFaults } from './armed-faults.js';

describe('ArmedFaults', () => {
  const armed = (): { faults: ArmedFaults; ledger: Ledger } => {
    const ledger = new Ledger(() => new Date(0));
    return { faults: new ArmedFaults(ledger), ledger };
  };

  it('lets an exchange meet the first fault that is meant for it, once', () => {
    const { faults } = armed();
    faults.arm({ fault: 'reply_lost', on: 'submit' });
    faults.arm({ fault: 'request_lost', on: null });
    expect([faults.take('cancel', ''), faults.take('submit', ''), faults.take('submit', '')]).toEqual([
      'request_lost',
      'reply_lost',
      null,
    ]);
  });

  it('counts a fault when it is met, not when it is armed', () => {
    const { faults, ledger } = armed();
    faults.arm({ fault: 'slow_reply', on: 'cancel' });
    expect(ledger.total).toBe(0);
    faults.take('cancel', '');
    expect(ledger.counts).toEqual(new Map([['slow_reply', 1]]));
  });

  it('lets everything through once it is calm', () => {
    const { faults, ledger } = armed();
    faults.arm({ fault: 'slow_reply', on: null });
    faults.calm();
    faults.arm({ fault: 'slow_reply', on: null });
    expect(faults.take('submit', '')).toBeNull();
    expect(ledger.total).toBe(0);
  });
});
