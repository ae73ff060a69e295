import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run, succeeds, waitFor } from './commands.mjs';
import { cgroupsOfJob, processesNaming, remoteOf } from './lab-probe.mjs';
import {
  down,
  openLab,
  pauseService,
  restartService,
  resumeService,
  status,
  stopService,
  up,
  whatIsMissing,
  wipe,
} from './index.mjs';

/*
 * What the lab promises, on labs of its own. Needs what the lab needs (root on Debian 12) and fails without:
 *   node --test deploy/lab/lab.test.mjs        with LAB_SLURM=24.11 for another version
 */

const slurmVersion = process.env.LAB_SLURM ?? '22.05';
const portBase = Number(process.env.LAB_PORT_BASE ?? 19_800);
const examples = fileURLToPath(new URL('../../examples/imaging/', import.meta.url));
const scratch = mkdtempSync('/tmp/lab-test-');
chmodSync(scratch, 0o755);
after(() => rmSync(scratch, { recursive: true, force: true }));

assert.equal(whatIsMissing(), null);

describe(`a lab with Slurm ${slurmVersion} and accounting`, () => {
  const stateDirectory = join(scratch, 'full');
  let facts;
  let lab;
  let user;

  before(async () => {
    facts = await up({ stateDirectory, given: { slurm: slurmVersion, portBase } });
    lab = openLab(stateDirectory);
    user = remoteOf(facts);
  });
  after(() => wipe({ stateDirectory }));

  test('comes up from nothing and says how long that took', () => {
    assert.equal(facts.already, false);
    assert.ok(facts.seconds > 0, `${facts.seconds} s`);
  });

  test('has the Slurm that was asked for, also for who logs in', async () => {
    assert.ok(facts.slurm_version.startsWith(`${slurmVersion}.`), facts.slurm_version);
    assert.equal((await user.remote('sbatch --version')).trim().split(' ').at(-1), facts.slurm_version);
  });

  test('says that it is up already when it is asked again', async () => {
    assert.equal((await up({ stateDirectory })).already, true);
  });

  test('refuses other settings while it is up', async () => {
    await assert.rejects(
      up({ stateDirectory, given: { nodes: 2 } }),
      /up with another nodes; take it down first/,
    );
  });

  test('passes the exit code of a program in the image through to Slurm', async () => {
    const id = await user.submit(
      `apptainer --silent exec ${facts.image} sh -c 'node --version | sed s/v/V/; exit 7'`,
    );
    const job = await user.endOf(id);
    assert.deepEqual([job.state, job.exitCode], ['FAILED', '7:0']);
    assert.equal(user.outputOf(id).trim(), process.version.replace('v', 'V'));
  });

  test('runs the imaging programs in the image', async () => {
    const directory = join(facts.base_paths.ssh, 'imaging');
    cpSync(examples, directory, { recursive: true });
    await run('chown', ['-R', facts.user, directory]);
    const inside = `apptainer --silent exec --bind ${directory} ${facts.image}`;
    const render = `${inside} node ${directory}/render.mjs ${directory}/field`;
    const extract = `${inside} node ${directory}/extract.mjs`;
    const manifest = {
      contract_version: 1,
      config: {},
      inputs: [{ id: 1, name: 'frame', path: '', sha256: '0'.repeat(64), role: 'member' }],
    };
    const id = await user.submit(
      `${render} || exit 1
       frame=$(ls ${directory}/field/*.fits* | head -n 1)
       echo '${JSON.stringify(manifest)}' | sed "s#\\"path\\":\\"\\"#\\"path\\":\\"$frame\\"#" > ${directory}/manifest.json
       export WORKFLOW_MANIFEST=${directory}/manifest.json WORKFLOW_OUTPUT_DIR=${directory}/out
       ${extract}`,
      '--mem=2000',
    );
    const job = await user.endOf(id);
    assert.deepEqual([job.state, user.outputOf(id).match(/error/i)], ['COMPLETED', null], user.outputOf(id));
    assert.ok(existsSync(join(directory, 'out', 'sources.csv')));
  });

  test('ends a job over its memory as OUT_OF_MEMORY where it has control groups', async () => {
    const grow = 'perl -e \'$x .= "a" x 1000000, select undef, undef, undef, 0.02 for 1..400\'';
    const job = await user.endOf(await user.submit(grow, '--mem=60'));
    assert.equal(job.state, facts.has_cgroup ? 'OUT_OF_MEMORY' : 'FAILED');
  });

  test('takes a job over REST with a token that the test user has made', async () => {
    const token = (await user.remote(`${facts.token_command[0]} 120`)).trim();
    const version = facts.rest_api_versions.at(-1);
    const isOld = version === 'v0.0.38';
    const number = (value) => (isOld ? value : { set: true, number: value });
    const answer = await fetch(`${facts.rest_url}/slurm/${version}/job/submit`, {
      method: 'POST',
      headers: {
        'X-SLURM-USER-NAME': facts.user,
        'X-SLURM-USER-TOKEN': token,
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({
        script: '#!/bin/bash\nexit 3\n',
        job: {
          name: 'rest',
          partition: 'debug',
          current_working_directory: facts.base_paths.rest,
          environment: isOld ? { PATH: '/usr/bin:/bin' } : ['PATH=/usr/bin:/bin'],
          memory_per_node: number(50),
          time_limit: number(1),
        },
      }),
    });
    const { job_id: id } = await answer.json();
    const job = await user.endOf(id);
    assert.deepEqual([answer.status, job.state, job.exitCode], [200, 'FAILED', '3:0']);
  });

  test('keeps books of who ran what', async () => {
    const id = await user.submit('true', '--account=calib');
    await user.endOf(id);
    const row = await waitFor('slurmdbd to have it', 20, async () => {
      const text = await user.remote(`sacct -X -n -P -j ${id} -o State,Account,User`);
      return text.startsWith('COMPLETED') && text.trim();
    });
    assert.equal(row, `COMPLETED|calib|${facts.user}`);
  });

  test('lets nobody cancel the jobs or read the key of another user', async () => {
    const id = await user.submit('sleep 600');
    const other = { user: facts.other_user, key: facts.other_ssh_key_file };
    const said = await user.remote(
      `scancel ${id} 2>&1 || true; cat ${facts.ssh_key_file} 2>&1 || true`,
      other,
    );
    assert.match(said, /Access\/permission denied/);
    assert.match(said, /id_ed25519: Permission denied/);
    await user.remote(`scancel ${id}`);
    assert.equal((await user.endOf(id)).state, 'CANCELLED');
  });

  test('names two locations, whose directories belong to the test user', () => {
    const text = readFileSync(join(stateDirectory, 'locations.yaml'), 'utf8');
    assert.deepEqual(text.match(/^ {2}- name: .*$/gm), ['  - name: lab-rest', '  - name: lab-ssh']);
    const uid = Number(execFileSync('id', ['-u', facts.user], { encoding: 'utf8' }));
    for (const path of Object.values(facts.base_paths)) assert.equal(statSync(path).uid, uid);
  });

  test('freezes and thaws slurmrestd', async () => {
    const ask = () =>
      fetch(facts.rest_url, { signal: AbortSignal.timeout(300) }).then((answer) => answer.status);
    await pauseService(lab, 'slurmrestd');
    await assert.rejects(ask(), { name: 'TimeoutError' });
    await resumeService(lab, 'slurmrestd');
    assert.equal(typeof (await ask()), 'number');
  });

  for (const name of ['slurmctld', 'slurmdbd', 'slurmrestd', 'sshd', 'mariadb', 'slurmd:n1'])
    test(`restarts ${name}`, async (t) => {
      const pidOf = async () =>
        (await status({ stateDirectory })).services.find((one) => one.name === name).pid;
      const [started, pid] = [Date.now(), await pidOf()];
      await restartService(lab, name);
      t.diagnostic(`${name}: ${Date.now() - started} ms`);
      assert.notEqual(await pidOf(), pid);
    });

  test('repairs what is dead or frozen when it is asked to be up', async () => {
    await stopService(lab, 'slurmd:n2');
    await pauseService(lab, 'slurmrestd');
    assert.equal((await status({ stateDirectory })).state, 'partly');
    assert.equal((await up({ stateDirectory })).already, false);
    const { state, nodes } = await status({ stateDirectory });
    assert.deepEqual([state, nodes.n2], ['up', 'idle']);
  });

  test('leaves no process and no control group behind, not even of jobs that refuse to end', async () => {
    const mark = `9${Date.now()}`;
    const escape = `setsid setsid env -i sleep ${mark} & `;
    const id = await user.submit(`trap '' TERM INT HUP\n${escape}\nwhile :; do sleep ${mark}; done`);
    const queued = await user.submit('true', `--begin=now+1hour`);
    await waitFor('the job to run', 20, () => processesNaming(`sleep\0${mark}`).length >= 2);
    await restartService(lab, 'sshd');
    const started = Date.now();
    await down({ stateDirectory });
    const seconds = (Date.now() - started) / 1000;
    assert.deepEqual(processesNaming(`sleep\0${mark}`), []);
    assert.deepEqual(processesNaming(`slurmstepd: [${id}`), []);
    assert.deepEqual(processesNaming(stateDirectory), []);
    assert.deepEqual([...cgroupsOfJob(id), ...cgroupsOfJob(queued)], []);
    assert.equal((await status({ stateDirectory })).state, 'down');
    assert.ok(seconds < 12, `${seconds} s`);
  });

  test('goes on with its books after it was down', async () => {
    facts = await up({ stateDirectory });
    assert.match(await user.remote('sacct -X -n -P -a -S now-1hour -o State'), /OUT_OF_MEMORY|FAILED/);
  });

  test('is gone when it is wiped', async () => {
    assert.equal(await wipe({ stateDirectory }), true);
    assert.equal(existsSync(stateDirectory), false);
    assert.equal(await wipe({ stateDirectory }), false);
  });
});

describe(`a lab with Slurm ${slurmVersion} without accounting and control groups`, () => {
  const stateDirectory = join(scratch, 'bare');
  let facts;
  let user;

  before(async () => {
    const given = {
      slurm: slurmVersion,
      portBase: portBase + 100,
      accounting: false,
      cgroup: 'none',
      nodes: 1,
    };
    facts = await up({ stateDirectory, given });
    user = remoteOf(facts);
  });
  after(() => wipe({ stateDirectory }));

  test('has no accounting, and says so', async () => {
    assert.equal(facts.has_accounting, false);
    assert.equal(await succeeds(join(facts.bin, 'sacct'), ['-n']), false);
  });

  test('ends a job over its memory by polling', async () => {
    const grow = 'perl -e \'$x = "a" x 200_000_000; sleep 60\'';
    const job = await user.endOf(await user.submit(grow, '--mem=60'));
    assert.notEqual(job.state, 'COMPLETED');
  });

  test('leaves no process behind that has left its session and cleared its environment', async () => {
    const mark = `8${Date.now()}`;
    await user.submit(`(setsid env -i sleep ${mark} &) ; trap '' TERM\nwhile :; do sleep ${mark}; done`);
    await waitFor('the job to run', 20, () => processesNaming(`sleep\0${mark}`).length >= 2);
    await down({ stateDirectory });
    assert.deepEqual(processesNaming(`sleep\0${mark}`), []);
    assert.deepEqual(processesNaming(stateDirectory), []);
  });
});
