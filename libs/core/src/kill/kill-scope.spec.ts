import * as fc from 'fast-check';
import {
  isInScope,
  isKillActor,
  killActor,
  KILL_SCOPES,
  type KillTarget,
  type LocatedJob,
} from './kill-scope.js';

const small = fc.integer({ min: 1, max: 3 });
const JOB: fc.Arbitrary<LocatedJob> = fc.record({
  locationId: small,
  runId: small,
  pipelineId: fc.option(small),
});
const target = (scope: KillTarget['scope'], id: number): KillTarget => {
  switch (scope) {
    case 'run':
      return { scope, runId: id };
    case 'pipeline':
      return { scope, pipelineId: id };
    case 'location':
      return { scope, locationId: id };
    case 'everything':
      return { scope };
  }
};

describe('the scope of a kill', () => {
  it('holds exactly the jobs that bear its number where its scope looks', () => {
    fc.assert(
      fc.property(JOB, small, (job, id) => {
        const inScope = KILL_SCOPES.filter((scope) => isInScope(target(scope, id), job));
        const expected = [
          ...(job.runId === id ? ['run'] : []),
          ...(job.pipelineId === id ? ['pipeline'] : []),
          ...(job.locationId === id ? ['location'] : []),
          'everything',
        ];
        expect(inScope).toEqual(expected);
      }),
    );
  });

  it('of a pipeline holds no job whose run the database does not know', () => {
    fc.assert(
      fc.property(JOB, small, (job, id) => {
        expect(isInScope(target('pipeline', id), { ...job, pipelineId: null })).toBe(false);
      }),
    );
  });

  it('tells what a kill cancelled from what a person cancelled', () => {
    expect([killActor(7), 'token:kill:7', 'token:alice', 'kill:', null].map(isKillActor)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
