/**
 * The parent of every local job, in a session of its own, so that it outlives the daemon that started it.
 *
 * Arguments: token, state directory, job script, walltime and time to stop in seconds. It writes who it is, and only the first
 * wrapper of a token goes on (`ln` fails when the name exists); runs the script under `timeout`, so that the time limit holds
 * while no daemon runs; and writes how it ended. `ln` again makes that file appear whole.
 */
export const JOB_WRAPPER = `
set -u
token=$1
state=$2
script=$3
walltime=$4
stop_seconds=$5

read -r stat </proc/$$/stat
set -- \${stat##*) }
start_ticks=\${20}
read -r boot </proc/sys/kernel/random/boot_id
read -r host </proc/sys/kernel/hostname
started=$(date +%s)
part=$state/processes/.$token.$$
printf '%s %s %s %s %s %s\\n' $$ "$start_ticks" "$boot" "$(readlink /proc/self/ns/pid)" "$host" "$started" >"$part" || exit 1
ln "$part" "$state/processes/$token" 2>/dev/null
claimed=$?
rm -f "$part"
[ "$claimed" -eq 0 ] || exit 0
# The first wrapper may be through already, and its name taken away: what has ended is not begun again.
if [ -e "$state/finished/$token" ]; then
  rm -f "$state/processes/$token"
  exit 0
fi

child=
interrupted=false
forward() {
  interrupted=true
  if [ -n "$child" ]; then kill -TERM "$child" 2>/dev/null; fi
}
trap forward TERM INT HUP

read -r began rest </proc/uptime
timeout -k "$stop_seconds" -- "$walltime" /bin/sh "$script" </dev/null &
child=$!
interrupted=false
if [ -e "$state/stops/$token" ]; then kill -TERM "$child" 2>/dev/null; fi
wait "$child"
exit_code=$?
while [ "$interrupted" = true ]; do
  interrupted=false
  wait "$child" 2>/dev/null
  again=$?
  if [ "$again" -ne 127 ]; then exit_code=$again; fi
done
trap '' TERM INT HUP
read -r ended rest </proc/uptime
elapsed=$((\${ended%.*} - \${began%.*}))

end=FAILED
if [ "$exit_code" -eq 0 ]; then end=COMPLETED; fi
case $exit_code in
  124 | 137) if [ "$elapsed" -ge "$walltime" ]; then end=TIMEOUT; fi ;;
esac
if [ -e "$state/stops/$token" ]; then end=CANCELLED; fi

part=$state/finished/.$token.$$
tries=0
until printf '{"state":"%s","exit_code":%s,"elapsed_seconds":%s}\\n' "$end" "$exit_code" "$elapsed" >"$part" &&
  { ln "$part" "$state/finished/$token" || [ -e "$state/finished/$token" ]; }; do
  tries=$((tries + 1))
  if [ "$tries" -ge 60 ]; then break; fi
  sleep 5
done 2>/dev/null
rm -f "$part"
`.trim();
