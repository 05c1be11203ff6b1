/** Programs of the machine that the scripts below call. */
export const guestPrograms: readonly string[] = [
  "cat",
  "cp",
  "dmesg",
  "grep",
  "insmod",
  "ip",
  "mkdir",
  "mkfifo",
  "mount",
  "script",
  "sh",
  "sleep",
  "stty",
  "switch_root",
  "tee",
  "wc",
];

/**
 * Processes that a guest may have from us at once, each by three channels; a bus has them for ten. With more on one bus QEMU loses what it
 * tells the guest of them.
 */
export const [buses, slotsPerBus] = [2, 10];

/** What a guest finds at the host's end of its link. */
export const gateway = "169.254.1.1";

/**
 * A guest's first process: loads modules, and has a file system that a container's root can be moved on, which the kernel's first one is
 * not.
 */
export const initScript = `#!/bin/sh
export PATH=/bin
mount -n -t proc proc /proc
mount -n -t sysfs sysfs /sys
mount -n -t devtmpfs dev /dev
for module in /modules/*; do insmod "$module"; done
mkdir /new
mount -n -t tmpfs -o mode=755 root /new
for each in /*; do
  case $each in /new | /proc | /sys | /dev | /modules | /init) ;; *) cp -a "$each" /new ;; esac
done
mkdir -p /new/proc /new/sys /new/dev /new/run /new/tmp /new/shared
for each in proc sys dev; do mount -n --move "/$each" "/new/$each"; done
mount -n -t tmpfs run /new/run
exec switch_root /new /bin/sh /agent
`;

/** Reads the host's first line; one that does not come in a while never will: the host has died while the guest booted. */
export function untilHost(tries: number): string {
  return `tries=0
until read -r word rest <&3 || [ $tries -ge ${tries} ]; do
  tries=$((tries + 1))
  sleep 0.02
done`;
}

/**
 * Does what lines of the host say, each a word and its operands, and tells by lines what comes of it. Every process has three channels:
 * what it reads, which begins with a line of ours once the host listens, what it writes, and its errors. What was written is counted, so
 * that the host knows its end. A guest that loses its host ends.
 */
export const agentScript = `#!/bin/sh
export PATH=/bin HOME=/
mkdir -p /dev/pts /run/slots /run/shm
mount -n -t cgroup2 cgroup2 /sys/fs/cgroup
mount -n -t devpts -o ptmxmode=666 devpts /dev/pts
mount -n -t tmpfs -o mode=1777,size=64m shm /run/shm
mount -n -t virtiofs shared /shared
slot=0
while [ $slot -lt ${buses * slotsPerBus} ]; do
  set -- "$@" /run/slots/$slot.in /run/slots/$slot.out /run/slots/$slot.err /run/slots/$slot.begun
  slot=$((slot + 1))
done
mkfifo "$@"
exec 3<>/dev/vport0p1

tell() { printf '%s\\n' "$*" >&3; }

begin() {
  printf '%s' "$2" > /proc/sys/kernel/hostname
  ip link set lo up
  [ "$1" = - ] && return
  ip addr add "$1/32" dev eth0 && ip link set eth0 up && ip route add ${gateway} dev eth0 &&
    ip route add default via ${gateway} src "$1" || tell "failed begin the guest has no network"
}

set_kernel() {
  key=$1
  shift
  { printf '%s' "$*" > "/proc/sys/$key"; } 2> /dev/null || tell "failed begin sysctl $key: the kernel does not take $*"
}

feed() {
  until read -r line; do sleep 0.02; done
  exec cat
}

drain() { tee "$2" < "$1" | wc -c > "$1.count"; }

on_terminal() {
  line="exec oci"
  for each; do line="$line '$each'"; done
  SHELL=/bin/sh script --quiet --return --flush --command "$line" /dev/null
}

process() {
  slot=$1 tty=$2 id=$3 verb=$4 files=/run/slots/$1 memory=0
  ports=/dev/vport$(($1 / ${slotsPerBus} + 1))p first=$(($1 % ${slotsPerBus} * 3 + 1))
  shift 4
  : > "$files.log"
  : > "$files.code"
  : > "$files.pid"
  set -- --root /run/oci --log "$files.log" --log-format json "$verb" --pid-file "$files.begun" "$@"
  feed < "$ports$first" > "$files.in" &
  feeder=$!
  drain "$files.out" "$ports$((first + 1))" &
  drains=$!
  if [ "$tty" = 1 ]; then
    echo 0 > "$files.err.count"
    { on_terminal "$@" < "$files.in" > "$files.out" 2> /dev/null; end $? "$files"; } &
  else
    drain "$files.err" "$ports$((first + 2))" &
    drains="$drains $!"
    { oci "$@" < "$files.in" > "$files.out" 2> "$files.err"; end $? "$files"; } &
  fi
  runner=$!
  read -r pid < "$files.begun"
  echo "$pid $runner" > "$files.pid"
  [ -s "$files.code" ] || tell started "$slot"
  wait $runner
  read -r code < "$files.code"
  [ "$code" = 137 ] && dmesg | grep -q "oom-kill:.*task_memcg=[^,]*$id" && memory=1
  error=
  [ -s "$files.log" ] && error=$(grep -E '"level": ?"(error|fatal)"' "$files.log")
  tell exit "$slot" "$code" "$memory" "$error"
  kill $feeder
  wait $drains
  read -r out < "$files.out.count"
  read -r err < "$files.err.count"
  tell end "$slot" "$out" "$err"
}

# Who waits for a process to begin learns that it will not.
end() {
  echo "$1" > "$2.code"
  { echo; until [ -s "$2.pid" ]; do sleep 0.05; done; } 1<> "$2.begun"
}

call() {
  tag=$1
  shift
  said=$(oci --root /run/oci "$@" 2>&1)
  tell done "$tag" $? $said
}

resize() {
  read -r pid runner < "/run/slots/$1.pid"
  stty -F "/proc/$pid/fd/0" cols "$2" rows "$3"
  for child in $(cat "/proc/$runner/task/$runner/children"); do
    for each in $(cat "/proc/$child/task/$child/children"); do stty -F "/proc/$each/fd/0" cols "$2" rows "$3"; done
  done
}

kill_process() {
  read -r pid runner < "/run/slots/$1.pid"
  kill -s "$2" "$pid"
}

${untilHost(1000)}
set -f
while
  set -- $rest
  case $word in
    begin) begin "$@" ;;
    sysctl) set_kernel "$@" ;;
    ready) tell ready ;;
    run) process "$1" "$2" "$3" run --bundle "/shared/$3" "$3" & ;;
    exec) process "$1" "$2" "$3" exec --process "/shared/$3/$4" "$3" & ;;
    call) call "$@" & ;;
    signal) kill_process "$@" ;;
    size) resize "$@" & ;;
  esac 2> /dev/console
  # Waits for all that has ended.
  (:)
  read -r word rest <&3
do :; done
echo b > /proc/sysrq-trigger
`;
