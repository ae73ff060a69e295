import type { JobObservation } from '../execution/job.js';
import type { JobId } from '../shared/brand.js';
import { needsProof, readObservation, type DirectoryProof, type ProvenAbsence } from './read-observation.js';

const NOTHING: DirectoryProof = { hasRecord: false, wasRequeued: false, quietSeconds: 1 };
const UNKNOWN: JobObservation = { kind: 'unknown' };
const FENCED: JobObservation = { kind: 'finished', state: 'FAILED', exitCode: 113, usage: {} };

const read = (
  observation: JobObservation,
  proof: Partial<DirectoryProof> | null = null,
  more: { status?: 'SUBMITTED' | 'RUNNING'; unknownSince?: Date; absence?: ProvenAbsence } = {},
) =>
  readObservation({
    status: more.status ?? 'SUBMITTED',
    jobId: '17' as JobId,
    observation,
    proof: proof === null ? null : { ...NOTHING, ...proof },
    unknownSince: more.unknownSince ?? null,
    absence: more.absence ?? null,
  });

describe('readObservation', () => {
  it('passes on why a job queues', () => {
    expect(read({ kind: 'queued', reason: 'Resources' })).toEqual({
      kind: 'unchanged',
      waitingFor: 'queued at the site: Resources',
    });
    expect(read({ kind: 'queued' })).toEqual({ kind: 'unchanged', waitingFor: null });
  });

  it('moves a run to RUNNING once', () => {
    const startedAt = new Date('2026-01-01T00:00:00Z');

    expect(read({ kind: 'running', startedAt })).toEqual({ kind: 'running', startedAt });
    expect(read({ kind: 'running' }, null, { status: 'RUNNING' })).toEqual({
      kind: 'unchanged',
      waitingFor: null,
    });
  });

  it('ends a run whose job finished, seen running or not', () => {
    const finished: JobObservation = {
      kind: 'finished',
      state: 'COMPLETED',
      exitCode: 0,
      usage: { elapsedSeconds: 3 },
      reason: 'JobHeldUser',
    };

    for (const status of ['SUBMITTED', 'RUNNING'] as const) {
      expect(read(finished, null, { status })).toMatchObject({
        kind: 'ended',
        endState: 'COMPLETED',
        exitCode: 0,
        usage: { elapsedSeconds: 3 },
        reason: 'JobHeldUser',
        why: 'the job ended as COMPLETED with exit code 0',
      });
    }
  });

  it('never ends a run by silence, however long', () => {
    expect(read(UNKNOWN, {})).toEqual({ kind: 'unchanged', waitingFor: null });
    expect(read(UNKNOWN, { quietSeconds: 1e9 }, { unknownSince: new Date('2026-01-01T00:00:00Z') })).toEqual({
      kind: 'unchanged',
      waitingFor: 'the site has not known job 17 since 2026-01-01T00:00:00.000Z',
    });
  });

  it('ends a forgotten job whose absence is proven, unless the job itself or the site says otherwise', () => {
    const absence = {
      answeredAt: new Date('2026-01-01T00:01:00Z'),
      unknownSince: new Date('2026-01-01T00:00:00Z'),
    };

    expect(read(UNKNOWN, {}, { absence })).toEqual({
      kind: 'ended',
      endState: null,
      exitCode: null,
      usage: {},
      why:
        'the site answered at 2026-01-01T00:01:00.000Z that nothing of this run is alive, has not known job 17 since ' +
        '2026-01-01T00:00:00.000Z, and the job left no record',
    });
    expect(read(UNKNOWN, { hasRecord: true }, { absence })).toMatchObject({
      why: 'the job left its record; the site no longer knows the job',
    });
    expect(read(UNKNOWN, { wasRequeued: true }, { absence })).toMatchObject({ exitCode: 114 });
    expect(read({ kind: 'queued' }, null, { absence })).toMatchObject({ kind: 'unchanged' });
    expect(read({ kind: 'running' }, null, { absence })).toMatchObject({ kind: 'running' });
  });

  it('believes the record of a job that the site has forgotten', () => {
    expect(read(UNKNOWN, { hasRecord: true })).toMatchObject({
      kind: 'ended',
      endState: null,
      exitCode: null,
    });
  });

  it('waits for the site to say why a job was stopped, and not for ever', () => {
    const stopped = { hasRecord: true, wasStopped: true };

    expect(read(UNKNOWN, stopped)).toEqual({
      kind: 'unchanged',
      waitingFor: 'the job was stopped; waiting for the site to say why',
    });
    expect(read(UNKNOWN, { ...stopped, wasRequeued: true })).toMatchObject({ exitCode: 114 });
    expect(read(UNKNOWN, stopped, { unknownSince: new Date(0) })).toMatchObject({ kind: 'ended' });
  });

  it('ends a forgotten job that was started twice, whatever the first start left', () => {
    for (const hasRecord of [false, true])
      expect(read(UNKNOWN, { wasRequeued: true, hasRecord })).toMatchObject({
        kind: 'ended',
        endState: 'FAILED',
        exitCode: 114,
      });
  });

  it('takes from the directory what a site keeps to itself of a job that was started twice', () => {
    const failed: JobObservation = { kind: 'finished', state: 'FAILED', exitCode: null, usage: {} };

    expect(read(failed, { wasRequeued: true, hasRecord: true })).toMatchObject({
      kind: 'ended',
      exitCode: 114,
    });
    expect(read(failed, { hasRecord: true })).toMatchObject({ kind: 'ended', exitCode: null });
    expect(read({ ...failed, exitCode: 1 }, { wasRequeued: true })).toMatchObject({ exitCode: 1 });
  });

  it('ignores the end of a second copy while the first one lives', () => {
    expect(read(FENCED, { quietSeconds: 30 })).toEqual({
      kind: 'unchanged',
      waitingFor: 'a second copy of the job ended; waiting for the first one',
    });
    expect(read(FENCED, { quietSeconds: null })).toMatchObject({ kind: 'unchanged' });
    expect(read(FENCED, { hasRecord: true })).toMatchObject({ kind: 'ended' });
    expect(read(FENCED, { quietSeconds: 3600 })).toMatchObject({ kind: 'ended', exitCode: 113 });
  });

  it('asks for a look at the directory only when the site does not settle it', () => {
    const observations: JobObservation[] = [
      UNKNOWN,
      FENCED,
      { kind: 'queued' },
      { kind: 'running' },
      { ...FENCED, exitCode: 1 },
      { ...FENCED, exitCode: null },
    ];

    expect(observations.map(needsProof)).toEqual([true, true, false, false, false, true]);
  });
});
