import { recordHeartbeat } from '@meridian/ops-db';
import { aRawFile, aRun, aStep } from '@meridian/ops-db/testing';
import request from 'supertest';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';

describe('GET /metrics', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
  });
  afterAll(() => api.close());

  const scrape = async (): Promise<request.Response> =>
    request(api.app.getHttpServer())
      .get('/metrics')
      .set('Authorization', `Bearer ${await api.tokenOf('viewer')}`);
  /** The samples of some metrics, without their labels' instances. */
  const samplesOf = (text: string, name: RegExp): string[] =>
    text.split('\n').filter((line) => !line.startsWith('#') && name.test(line));

  it('is for those who may look', async () => {
    expect((await request(api.app.getHttpServer()).get('/metrics')).status).toBe(401);
  });

  it('can be read while there is nothing', async () => {
    const { status, text } = await scrape();
    expect(status).toBe(200);
    expect(samplesOf(text, /^meridian_(runs|daemon|location)/)).toEqual([]);
    expect(samplesOf(text, /^meridian_open_/)).toEqual([
      'meridian_open_breakers 0',
      'meridian_open_kills 0',
      'meridian_open_purges 0',
      'meridian_open_rematerialisations 0',
    ]);
  });

  it('says what runs, who works and how, and how full locations are, in lines that Prometheus reads', async () => {
    const { manager } = api.db.dataSource;
    const step = await aStep(manager, { name: 'extract' });
    for (const status of ['COMPLETED', 'COMPLETED', 'PENDING'] as const)
      await aRun(manager, { step, itemIds: [await aRawFile(manager)], status });
    await recordHeartbeat(manager, {
      ...{
        daemon: 'result-manager',
        instance: 'a "b"',
        host: 'h',
        pid: 1,
        version: '1',
        startedAt: new Date(),
      },
      passes: { 'collect-results': { durationMs: 250, consecutiveFailures: 2 } },
    });
    await api.as('viewer').get('/runs/1');

    const { text, headers } = await scrape();

    expect(headers['content-type']).toMatch(/^text\/plain;.* version=0\.0\.4/);
    expect(samplesOf(text, /^meridian_runs/).map((line) => line.replace(/pipeline="[^"]*"/, 'P'))).toEqual([
      'meridian_runs{P,step="extract",status="COMPLETED"} 2',
      'meridian_runs{P,step="extract",status="PENDING"} 1',
    ]);
    expect(samplesOf(text, /^meridian_pass/)).toEqual([
      'meridian_pass_duration_seconds{daemon="result-manager",instance="a \\"b\\"",pass="collect-results"} 0.25',
      'meridian_pass_consecutive_failures{daemon="result-manager",instance="a \\"b\\"",pass="collect-results"} 2',
    ]);
    expect(samplesOf(text, /^meridian_location_paused/).length).toBeGreaterThan(0);
    expect(text).toContain(
      'meridian_api_request_duration_seconds_count{method="GET",route="/api/v1/runs/:id",status="200"} 1',
    );
    expect(text).toContain('route="/metrics",status="401"');
    // Every line is a comment or a sample of a metric that was introduced.
    for (const line of text.split('\n').filter((each) => each !== ''))
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|[a-z_]+(\{[^}]*\})? [-+\d.e]+)$/i);
  });
});
