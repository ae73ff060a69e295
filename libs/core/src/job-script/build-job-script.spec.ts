import { buildJobScript, type JobScriptOptions } from './build-job-script.js';

describe('buildJobScript', () => {
  const options: JobScriptOptions = {
    token: 'mrd-1-1',
    runId: 1,
    attempt: 1,
    directory: '/a',
    argv: ['true'],
    environment: {},
    heartbeatSeconds: 30,
  };

  it.each<Partial<JobScriptOptions>>([
    { token: '' },
    { token: "mrd-1-1'\nid" },
    { token: '-x' },
    { directory: 'relative' },
    { argv: [] },
    { environment: { 'A B': 'x' } },
    { environment: { 'A;id': 'x' } },
    { jobIdVariable: 'X}$(id)' },
    { runId: 1.5 },
    { attempt: 0 },
    { heartbeatSeconds: Number.NaN },
  ])('refuses %j', (wrong) => {
    expect(() => buildJobScript({ ...options, ...wrong })).toThrow(
      expect.objectContaining({ code: 'job_script.invalid' }) as Error,
    );
  });
});
