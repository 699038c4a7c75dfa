#!/usr/bin/env bash
# Tests `likeness submit --slurm` on a real Slurm: starts a cluster of one node on this machine's loopback, submits a short form of
# the quick experiment, kills one task, requeues another and lets a third run out of time, and compares what comes out with the
# files and tables of a local run, byte by byte. Usage: scripts/slurm-test.sh [PROGRAM]
#
# Needs root and Slurm's daemons and clients (Debian: slurm-wlm, munge), but no systemd and nothing in /etc; touches no other cluster.
# Every command has a time limit, and whatever way the script ends, nothing of it is left. Exit status: 0 passed; 1 failed; 69 Slurm is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

program="$(realpath -- "${1:-.build/release/likeness}")"
say() { printf 'slurm-test: %s (%d s)\n' "$*" "$SECONDS"; }
fail() {
  printf 'slurm-test: failed: %s\n' "$*" >&2
  exit 1
}

for command in sbatch squeue scancel scontrol slurmctld slurmd munged; do
  if ! PATH="$PATH:/usr/sbin:/sbin" command -v "$command" >/dev/null; then
    printf 'slurm-test: there is no %s here. Debian and Ubuntu: apt-get install slurm-wlm munge\n' "$command" >&2
    exit 69
  fi
done
PATH="$PATH:/usr/sbin:/sbin"
if [ "$(id -u)" -ne 0 ]; then
  printf 'slurm-test: slurmd starts as root only\n' >&2
  exit 69
fi
[ -x "$program" ] || fail "no program $program: make build"

folder="$(mktemp -d)"
export SLURM_CONF="$folder/slurm.conf"
daemons=()

# The processes that this cluster started, by the configuration in the environment that they were started with.
descendants() {
  local process
  for process in /proc/[0-9]*; do
    if tr '\0' '\n' <"$process/environ" 2>/dev/null | grep -qxF "SLURM_CONF=$SLURM_CONF"; then
      echo "${process#/proc/}"
    fi
  done 2>/dev/null
}

# Ends a process, and kills it where it does not end within ten seconds.
end() {
  kill "$1" 2>/dev/null || return 0
  for _ in $(seq 100); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null || true
}

# Jobs first, then the controller, then the node, and munge last: without it the others wait for it.
cleanup() {
  local status=$?
  trap '' INT TERM
  trap - EXIT
  set +e
  if [ "$status" -ne 0 ]; then
    echo "slurm-test: ends of the logs:" >&2
    tail -v -n 20 "$folder"/log/* "$folder"/work/results/slurm/*/*.log >&2 2>/dev/null
  fi
  timeout 10 scancel --user root >/dev/null 2>&1
  local daemon process
  for daemon in "${daemons[@]:1}" "${daemons[@]:0:1}"; do end "$daemon"; done
  for process in $(descendants); do kill -KILL "$process" 2>/dev/null; done
  wait
  rm -rf "$folder"
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# Waits until a command succeeds; a time limit in seconds, then what is waited for, then the command.
await() {
  local limit=$((SECONDS + $1)) what="$2"
  shift 2
  until "$@"; do
    [ "$SECONDS" -lt "$limit" ] || fail "waited in vain for $what"
    sleep 0.1
  done
}
slurm() { timeout 15 "$@"; }

# 1. The cluster. Its name is that of this machine, its ports are free ones.
host="$(uname -n)"
host="${host%%.*}"
free_port() {
  local port
  while true; do
    port=$((20000 + RANDOM % 30000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}
mkdir "$folder"/{state,spool,log,munge,work}
chmod 700 "$folder/munge"
head -c 1024 /dev/urandom >"$folder/munge/key"
chmod 600 "$folder/munge/key"
# Without DefMemPerCPU a job takes the memory of the node, and the tasks go one by one.
cat >"$SLURM_CONF" <<END
ClusterName=likeness
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CryptoType=crypto/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000,sched_interval=1,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=100
KillWait=15
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
ReturnToService=2
SlurmdParameters=config_overrides
MailProg=/bin/true
JobCompType=jobcomp/filetxt
JobCompLoc=$folder/log/jobs.txt
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 RealMemory=4000 State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
munged --foreground --force --socket="$folder/munge/socket" --key-file="$folder/munge/key" \
  --pid-file="$folder/munge/pid" --log-file="$folder/log/munge.log" --seed-file="$folder/munge/seed" \
  >"$folder/log/munge.txt" 2>&1 &
daemons+=($!)
await 10 "munge" test -S "$folder/munge/socket"
slurmctld -D -c >"$folder/log/slurmctld.txt" 2>&1 &
daemons+=($!)
slurmd -D >"$folder/log/slurmd.txt" 2>&1 &
daemons+=($!)
node_is_idle() { [ "$(slurm sinfo --noheader --format=%T 2>/dev/null)" = idle ]; }
await 30 "the node" node_is_idle
say "the cluster is up"

# 2. The quick experiment, with one seed and fewer steps, in a folder whose name needs quoting.
for name in experiments protocols worlds; do ln -s "$PWD/$name" "$folder/work/$name"; done
cd "$folder/work"
experiment=(experiments/quick.yaml --set name=quick-slurm --set 'seeds=[1]' --set training.steps=150)
cluster="results of the cluster, 100%"
LIKENESS_COMMIT="$(git -C "$OLDPWD" rev-parse HEAD 2>/dev/null || echo unknown)"
export LIKENESS_COMMIT
status=0
PATH=/nowhere "$program" submit "${experiment[@]}" --results "$cluster" --slurm >"$folder/log/none.txt" 2>&1 || status=$?
if [ "$status" -ne 69 ] || ! grep -q 'no sbatch in PATH' "$folder/log/none.txt"; then fail "no error without sbatch"; fi
status=0
"$program" submit "${experiment[@]}" --results "$cluster" --slurm --partition nowhere \
  >"$folder/log/refused.txt" 2>&1 || status=$?
if [ "$status" -ne 69 ] || ! grep -q 'invalid partition' "$folder/log/refused.txt"; then
  fail "a partition that is not there: $(cat "$folder/log/refused.txt")"
fi
submit=("$program" submit "${experiment[@]}" --results "$cluster" --slurm --partition main --memory-per-cpu 100)
slurm "${submit[@]}" --time 10 --array-limit 2 | tee "$folder/log/submit.txt"
job="$(sed -n 's/.* are job \([0-9][0-9]*\).*/\1/p' "$folder/log/submit.txt")"
[ -n "$job" ] || fail "no job number"

# 3. One task is killed, one is requeued as an administrator or a preemption does it, one gets the signal of its time limit.
# A training task that was not disturbed before, in the middle of its steps: its number, process and folder.
disturbed=" "
find_victim() {
  local process run
  for process in $(descendants); do
    [ "$(readlink "/proc/$process/exe")" = "$program" ] || continue
    hash="$(tr '\0' '\n' <"/proc/$process/cmdline" 2>/dev/null | sed -n 's/^run=//p')"
    [ -n "$hash" ] || continue
    [[ "$disturbed" != *" $hash "* ]] || continue
    for run in "$cluster"/runs/*-"$hash"; do
      if grep -q '"stepped"' "$run/events.jsonl" 2>/dev/null && [ ! -e "$run/result.json" ]; then
        victim="$process" folder_of_victim="$run"
        task="$(tr '\0' '\n' <"/proc/$process/environ" 2>/dev/null | sed -n 's/^SLURM_ARRAY_TASK_ID=//p')"
        [ -z "$task" ] || return 0
      fi
    done
  done 2>/dev/null
  return 1
}
take_victim() {
  await 60 "a task that trains" find_victim
  disturbed+="$hash "
  [ ! -e "$folder_of_victim/result.json" ] || fail "task $task was too fast to be disturbed"
}
is_in_state() { slurm scontrol show job "$1" 2>/dev/null | grep -qE "JobState=($2)"; }
# Without this a requeued task waits for two minutes.
start_now() { slurm scontrol update "JobId=$1" StartTime=now; }
has_checkpoint() { [ -e "$1/checkpoint.bin" ]; }

take_victim
kill -KILL "$victim"
killed="${job}_$task"
await 15 "the end of the killed task" is_in_state "$killed" FAILED
say "task $killed was killed"

take_victim
requeued="${job}_$task" requeued_run="$folder_of_victim"
slurm scontrol requeue "$requeued"
await 15 "a checkpoint of the requeued task" has_checkpoint "$requeued_run"
await 15 "the requeued task" is_in_state "$requeued" PENDING
say "task $requeued was requeued, with a checkpoint"

take_victim
late="${job}_$task" late_run="$folder_of_victim"
slurm scancel --batch --signal=USR1 "$late"
await 15 "a checkpoint of the task without time" has_checkpoint "$late_run"
await 15 "the task that queues itself again" is_in_state "$late" PENDING
say "task $late was out of time, with a checkpoint, and queued itself again"

slurm "$program" status "${experiment[@]}" --results "$cluster" >"$folder/log/status.txt"
slurm scontrol requeue "$killed"
await 15 "the killed task in the queue" is_in_state "$killed" PENDING
for task in "$killed" "$requeued" "$late"; do start_now "$task"; done
queue_is_empty() { [ -z "$(slurm squeue --noheader)" ]; }
await 90 "the end of the job" queue_is_empty
say "the job is done"
[ "$(grep -c 'JobState=COMPLETED' "$folder/log/jobs.txt")" -ge 6 ] || fail "not all tasks completed: $(cat "$folder/log/jobs.txt")"
for run in "$requeued_run" "$late_run"; do
  grep -q '"interrupted"' "$run/events.jsonl" || fail "$run was not interrupted"
  # The second attempt goes on where the first one ended.
  grep '"started"' "$run/events.jsonl" | tail -n 1 | grep -qE '"step":[1-9]' || fail "$run began anew"
done
again="$(slurm "${submit[@]}")"
[ "$again" = "quick-slurm: nothing to submit: 6 finished" ] || fail "a second submission says: $again"

# 4. The same, here and undisturbed.
local_results="local results"
timeout 120 "$program" run "${experiment[@]}" --results "$local_results" >"$folder/log/local.txt" 2>&1 ||
  fail "the local run: $(cat "$folder/log/local.txt")"
for results in "$cluster" "$local_results"; do
  timeout 60 "$program" report "${experiment[@]}" --only tables --results "$results" >"$folder/log/report.txt" 2>&1 ||
    fail "the report: $(cat "$folder/log/report.txt")"
done
diff -r -x lock -x environment.json -x events.jsonl -x log.txt "$cluster/runs" "$local_results/runs" ||
  fail "runs differ"
# The date of the last run is all that tables may differ in.
sed -i -E 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z/DATE/g' {"$cluster","$local_results"}/quick-slurm/*
diff -r "$cluster/quick-slurm" "$local_results/quick-slurm" || fail "tables differ"
tables=("$cluster"/quick-slurm/*)
say "6 runs and ${#tables[@]} files of tables are the same on the cluster and here"

# 5. One evaluation in shards, one of which is there already, and again with one missing.
store="$(find "$cluster/worlds" -name megaface.h5 | head -n 1)"
[ -n "$store" ] || fail "no world with distractors"
shards="shards of the cluster, 100%"
evaluate=("$program" evaluate "$store" --protocol synthetic-megaface-10k --lists "${store%/*}/lists/megaface")
submit_shards() {
  slurm "${evaluate[@]}" --shards 5 --slurm --output "$shards" --partition main --memory-per-cpu 100 --time 10 |
    tee "$folder/log/shards.txt"
  await 60 "the end of the evaluation" queue_is_empty
  cmp "$shards/result.json" "$folder/log/whole.json" ||
    fail "the evaluation in shards differs: $(cat "$shards"/slurm/*.log)"
}
timeout 60 "${evaluate[@]}" --format json >"$folder/log/whole.json" || fail "the evaluation as a whole"
timeout 60 "${evaluate[@]}" --shard 2/5 --output "$shards" >/dev/null || fail "a shard made here"
submit_shards
grep -q '4 shards are job [0-9]*, 1 of 5 is there;' "$folder/log/shards.txt" || fail "other shards were submitted"
rm "$shards/result.json" "$shards/shard-4-of-5.h5"
submit_shards
grep -q '1 shard is job [0-9]*, 4 of 5 are there;' "$folder/log/shards.txt" || fail "other shards were submitted"
say "passed: runs, tables and an evaluation in shards are the same on the cluster and here"
