import { SlurmSilence, type SlurmJob } from '../slurm/slurm-client.js';
import { parseAccounting } from './parse-accounting.js';
import { parseQueue } from './parse-queue.js';
import { readAnswers } from './shell-program.js';
import { bytes, MARKER, namesOf, only, SEPARATOR, VERSIONS } from './testing/captures.js';

/** mulberry32: the same places in every run. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const NOISE = [
  'Last login: Sat Nov 21 from gateway\n',
  '*** Maintenance on Tuesday: all jobs COMPLETED by then ***\n',
  `1${SEPARATOR}1${SEPARATOR}COMPLETED${SEPARATOR}0${SEPARATOR}None${SEPARATOR}0${SEPARATOR}\n`,
  '4711\n',
  `${MARKER} begin\n`,
  '\u0000\r\n',
];

describe.each(VERSIONS)('every answer of Slurm %s', (version) => {
  const names = namesOf(version);
  const places = (length: number): number[] => {
    const random = seededRandom(20_261_121);
    return Array.from({ length: 50 }, () => Math.floor(random() * length));
  };

  it('is silence when it was cut off anywhere', () => {
    expect(names.length).toBeGreaterThan(30);
    for (const name of names) {
      const whole = bytes(version, name);
      for (const at of places(whole.length)) expect(readAnswers(MARKER, whole.subarray(0, at))).toBeNull();
    }
  });

  it('is itself or silence when a banner got between its lines or into them', () => {
    for (const name of names) {
      const whole = bytes(version, name);
      const meant = readAnswers(MARKER, whole);
      for (const [n, at] of places(whole.length).entries()) {
        const noise = Buffer.from(NOISE[n % NOISE.length] ?? '');
        const read = readAnswers(MARKER, Buffer.concat([whole.subarray(0, at), noise, whole.subarray(at)]));
        if (read !== null) expect(read).toEqual(meant);
      }
    }
  });

  it('is itself between a banner before and a farewell after it', () => {
    for (const name of names) {
      const whole = bytes(version, name);
      const noisy = Buffer.concat([
        Buffer.from(NOISE.slice(0, 4).join('')),
        whole,
        Buffer.from(NOISE.join('')),
      ]);
      expect(readAnswers(MARKER, noisy)).toEqual(readAnswers(MARKER, whole));
    }
  });

  it('holds nothing when its frame is gone and its text alone is left', () => {
    for (const name of names.filter((one) => /^(queue|accounting-(ids|since))/.test(one))) {
      const { stdout } = only(version, name);
      for (const at of places(stdout.length)) {
        // A record that is cut off is not one; the records before it are never changed by that.
        const parse = (text: string) =>
          name.startsWith('queue')
            ? parseQueue(text, SEPARATOR, name !== 'queue')
            : parseAccounting(text, SEPARATOR);
        let read: SlurmJob[];
        try {
          read = parse(stdout.slice(0, at));
        } catch (error) {
          expect(error).toBeInstanceOf(SlurmSilence);
          continue;
        }
        const known = parse(stdout).map((job) => JSON.stringify([job.key, job.states, job.exit]));
        for (const job of read) expect(known).toContain(JSON.stringify([job.key, job.states, job.exit]));
      }
    }
  });
});
