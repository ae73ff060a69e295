import { hostname } from 'node:os';
import { clusterName, firstJobId, portsOf } from './settings.mjs';

/**
 * slurm.conf of a one-machine cluster of virtual nodes, tuned to schedule at once.
 *
 * `cgroup` says which limits there are: `v1`, or `none`, which tracks processes through /proc and ends jobs over their
 * memory by polling (their state is FAILED then, not OUT_OF_MEMORY).
 */
export function slurmConf({ layout, settings, cgroup }) {
  const ports = portsOf(settings);
  const host = hostname().split('.')[0];
  return `ClusterName=${clusterName(settings)}
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${ports.slurmctld}
SlurmUser=slurm
ReturnToService=2
MpiDefault=none
SwitchType=switch/none
${authentication(layout)}
${files(layout)}
${processTracking(cgroup)}
JobAcctGatherFrequency=task=1
${scheduling(settings)}
${accounting(layout, settings, ports)}
${nodes(settings, ports, host)}
PartitionName=debug Nodes=ALL Default=YES MaxTime=1:00:00 DefaultTime=10 State=UP
PartitionName=batch Nodes=ALL MaxTime=7-0 DefaultTime=60 State=UP
PartitionName=small Nodes=n1 MaxTime=0:10:00 DefaultTime=5 State=UP
`;
}

const authentication = (layout) => `AuthType=auth/munge
AuthInfo=socket=${layout.mungeSocket}
CredType=cred/munge
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key=${layout.jwtKey}`;

const files = (layout) => `StateSaveLocation=${layout.slurm}
SlurmdSpoolDir=${layout.spool}/%n
SlurmctldPidFile=${layout.slurm}/slurmctld.pid
SlurmdPidFile=${layout.run}/slurmd.%n.pid
SlurmctldLogFile=${layout.log}/slurmctld.log
SlurmdLogFile=${layout.log}/slurmd.%n.log
SlurmctldDebug=info
SlurmdDebug=info`;

// MaxArraySize is Slurm's default, so that whoever splits arrays meets the limit that most sites have.
const scheduling = (settings) => `SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=50000,bf_interval=5,defer_batch,batch_sched_delay=0,sched_interval=5
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
DefMemPerCPU=500
FirstJobId=${firstJobId(settings)}
MinJobAge=${settings.minJobAge}
MaxJobCount=100000
MaxArraySize=1001
InactiveLimit=0
KillWait=5
SlurmdTimeout=300
MessageTimeout=30`;

function processTracking(cgroup) {
  if (cgroup === 'none')
    return `ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherParams=OverMemoryKill`;
  return `ProctrackType=proctrack/cgroup
TaskPlugin=task/cgroup
JobAcctGatherType=jobacct_gather/cgroup`;
}

function accounting(layout, settings, ports) {
  if (!settings.accounting) return 'AccountingStorageType=accounting_storage/none';
  return `AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=${ports.slurmdbd}
# The munge socket, in spite of its name: the connection to slurmdbd does not look at AuthInfo.
AccountingStoragePass=${layout.mungeSocket}
AccountingStorageEnforce=associations,limits,qos
AccountingStoreFlags=job_comment,job_env,job_script`;
}

function nodes({ nodes: count, cpus, memoryMb }, ports, host) {
  const names = count === 1 ? 'n1' : `n[1-${count}]`;
  const port = count === 1 ? ports.firstNode : `[${ports.firstNode}-${ports.lastNode}]`;
  return (
    `NodeName=${names} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${port} CPUs=${cpus} Boards=1 ` +
    `SocketsPerBoard=1 CoresPerSocket=${cpus} ThreadsPerCore=1 RealMemory=${memoryMb} State=UNKNOWN`
  );
}

export const cgroupConf = (cgroup) =>
  cgroup === 'none'
    ? '# no control groups\n'
    : `CgroupPlugin=cgroup/${cgroup}
CgroupMountpoint=/sys/fs/cgroup
ConstrainRAMSpace=yes
ConstrainSwapSpace=no
ConstrainCores=no
`;

export function slurmdbdConf({ layout, settings, password }) {
  const ports = portsOf(settings);
  return `AuthType=auth/munge
AuthInfo=socket=${layout.mungeSocket}
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key=${layout.jwtKey}
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=${ports.slurmdbd}
SlurmUser=slurm
DebugLevel=info
LogFile=${layout.log}/slurmdbd.log
PidFile=${layout.slurm}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=${ports.mariadb}
StorageUser=slurm
StoragePass=${password}
StorageLoc=slurm_acct_db
`;
}

/** The database slurmdbd keeps its books in; run at every start of MariaDB. */
export const databaseSql = (password) => `CREATE DATABASE IF NOT EXISTS slurm_acct_db;
CREATE USER IF NOT EXISTS 'slurm'@'127.0.0.1' IDENTIFIED BY '${password}';
GRANT ALL ON slurm_acct_db.* TO 'slurm'@'127.0.0.1';
`;

/**
 * sshd for the test users alone, who find Slurm without further setup.
 *
 * MaxSessions stays at sshd's default of ten a connection, because that is what Meridian meets elsewhere.
 */
export function sshdConfig({ layout, settings, users }) {
  return `Port ${portsOf(settings).sshd}
ListenAddress 127.0.0.1
HostKey ${layout.ssh}/host_ed25519
PidFile none
AuthorizedKeysFile ${layout.ssh}/authorized_keys/%u
AllowUsers ${users.join(' ')}
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
AcceptEnv LANG SLURM_*
MaxStartups 100:30:200
Subsystem sftp internal-sftp
SetEnv SLURM_CONF=${layout.slurmConf}
`;
}
