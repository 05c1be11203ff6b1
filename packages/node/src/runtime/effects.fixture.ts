import assert from "node:assert/strict";
import type { Context } from "../security-context/pod.ts";
import type { Outcome, Trial } from "./containers.fixture.ts";

/** What a container must come to: a line that it writes, and what it may not do. */
export interface Effect extends Trial {
  readonly name: string;
  readonly wanted: RegExp | ((outcome: Outcome) => void);
  /** What a runtime is known to do otherwise. */
  readonly otherwise?: { readonly [handler: string]: RegExp | ((outcome: Outcome) => void) };
}

/** A shell's line for what the kernel says of a process. */
export const status = "grep -E '^(Cap(Eff|Bnd|Prm|Inh|Amb)|NoNewPrivs|Seccomp):' /proc/self/status";
/** A trial's container with a security context. */
export const context = (fields: Context) => ({ container: { securityContext: fields } });
const usual = "0{8}a80425fb";
/** The usual capabilities: gVisor takes raw sockets away. */
export const usualHere = "0{8}a804[02]5fb";
/** What `status` says of capabilities. */
export const sets = (inherited: string, permitted: string, effective: string, bounding: string) =>
  new RegExp(
    `CapInh:\\s${inherited}\\nCapPrm:\\s${permitted}\\nCapEff:\\s${effective}\\nCapBnd:\\s${bounding}\\n(CapAmb:\\s0{16}\\n)?`,
  );
/** No capability. */
export const none = "0{16}";

/** Of a pod's and a container's fields, on every runtime. */
export const effects: readonly Effect[] = [
  { name: "root by default", script: "id -u; id -g", wanted: /^0\n0\n$/ },
  {
    name: "user, group and supplementary groups",
    script: "id -u; id -g; id -G",
    user: { uid: 1000, gid: 3000, additionalGids: [50] },
    pod: { securityContext: { fsGroup: 2000, supplementalGroups: [4000] } },
    wanted: /^1000\n3000\n3000 50 2000 4000\n$/,
  },
  {
    name: "the image's groups are left out where the policy is Strict",
    script: "id -G",
    user: { uid: 1000, gid: 3000, additionalGids: [50] },
    pod: { securityContext: { supplementalGroups: [4000], supplementalGroupsPolicy: "Strict" } },
    wanted: /^3000 4000\n$/,
  },
  {
    name: "root's capabilities",
    script: status,
    wanted: sets(none, usual, usual, usual),
    otherwise: { runsc: sets(none, usualHere, usualHere, usualHere) },
  },
  {
    name: "another user's capabilities",
    script: status,
    user: { uid: 1000, gid: 1000 },
    wanted: sets(none, none, none, usualHere),
  },
  {
    name: "all capabilities dropped",
    script: status,
    ...context({ capabilities: { drop: ["ALL"] } }),
    wanted: sets(none, none, none, none),
  },
  {
    name: "one added for a user who is not root bounds, but does not take effect",
    script: status,
    user: { uid: 1000, gid: 1000 },
    ...context({ capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] } }),
    wanted: sets(none, none, none, "0{12}1000"),
  },
  {
    name: "another user may not change what is root's, also where the shell itself does it",
    script: "touch /etc/new; chown 5 /bin; chmod 777 /etc/passwd; cat /etc/shadow; umount /sys",
    user: { uid: 1000, gid: 1000 },
    wanted: ({ stdout, stderr }) => {
      assert.equal(stdout, "");
      assert.match(stderr, /^(.*(Permission denied|Operation not permitted|No such file or directory)\n){5}$/);
    },
  },
  {
    name: "no new privileges",
    script: status,
    ...context({ allowPrivilegeEscalation: false }),
    wanted: /NoNewPrivs:\s1\n/,
    // Its /proc tells nothing of it.
    otherwise: { runsc: /CapBnd/ },
  },
  {
    name: "privileges may grow by default",
    script: status,
    wanted: /NoNewPrivs:\s0\n/,
    otherwise: { runsc: /CapBnd/ },
  },
  {
    name: "a dropped CHOWN",
    script: "touch /tmp/mine && chown 5 /tmp/mine",
    mounts: [{ destination: "/tmp", type: "tmpfs", source: "tmpfs", options: [] }],
    ...context({ capabilities: { drop: ["CHOWN"] } }),
    wanted: ({ stderr, code }) => assert.match(`${code} ${stderr}`, /^1 chown: .*Operation not permitted\n$/),
  },
  {
    name: "the runtime's filter",
    script: `${status}; unshare -U true`,
    ...context({ seccompProfile: { type: "RuntimeDefault" } }),
    wanted: ({ stdout, stderr }) => assert.match(stdout + stderr, /Seccomp:\s2[\s\S]*unshare.*Operation not permitted/),
  },
  {
    name: "no filter where nobody asks for one",
    script: `${status}; unshare -U true && echo made`,
    wanted: /Seccomp:\s0[\s\S]*made/,
  },
  {
    name: "the node's own filter",
    script: "mkdir /tmp/a; echo no: $?; touch /tmp/b && echo yes",
    mounts: [{ destination: "/tmp", type: "tmpfs", source: "tmpfs", options: [] }],
    ...context({ seccompProfile: { type: "Localhost", localhostProfile: "no-mkdir.json" } }),
    profiles: (path) => (path === "no-mkdir.json" ? noMkdir : undefined),
    wanted: /^no: 1\nyes\n$/,
  },
  {
    name: "a read-only root, and a volume that is not",
    script: "touch /root/a; touch /data/a && echo volume",
    mounts: [{ destination: "/data", type: "tmpfs", source: "tmpfs", options: [] }],
    ...context({ readOnlyRootFilesystem: true }),
    wanted: ({ stdout, stderr }) =>
      assert.match(stdout + stderr, /^volume\ntouch: \/root\/a: Read-only file system\n$/),
  },
  {
    name: "parts of /proc are masked, others read-only",
    script: "cat /proc/kcore | wc -c; ls /sys/firmware | wc -l; echo 1 > /proc/sys/vm/drop_caches || echo read-only",
    wanted: /^0\n0\nread-only\n$/,
  },
  {
    name: "a host name, processes and mounts of its own",
    script: "hostname; echo $HOSTNAME; echo /proc/[0-9]* | wc -w",
    wanted: /^pod-1\npod-1\n[234]\n$/,
  },
  {
    name: "privileged",
    script: `${status}; mount -t tmpfs none /root && echo mounted; test -w /proc/sys/kernel/hostname && echo writable`,
    ...context({ privileged: true }),
    wanted: /CapEff:\s000001f[0-9a-f]{9}\n[\s\S]*mounted\nwritable\n/,
    otherwise: { runsc: /mounted\n/ },
  },
  {
    name: "devices of the machine are for privileged containers",
    script: "ls /dev/kmsg /dev/mem 2>/dev/null | wc -l; mknod /dev/m c 1 1 && cat /dev/m",
    wanted: ({ stdout, stderr }) => assert.match(stdout + stderr, /^0\n.*(not permitted|No such device)/),
  },
  {
    name: "a user namespace",
    script: "cat /proc/self/uid_map; id -u",
    sandbox: { mappings: [{ containerID: 0, hostID: 100_000, size: 65_536 }] },
    wanted: /^\s+0\s+100000\s+65536\n0\n$/,
    // Of its own kernel.
    otherwise: { runsc: /^\s+0\s+0\s+4294967295\n0\n$/, kata: /^\s+0\s+0\s+4294967295\n0\n$/ },
  },
  {
    name: "a limit of processes",
    script: "for i in $(seq 90); do sleep 1 & done; wait",
    pidsLimit: 70,
    wanted: ({ stderr }) => assert.match(stderr, /fork.*Resource temporarily unavailable/),
    // Its threads count on the machine; processes inside are its own.
    otherwise: { runsc: ({ code }) => assert.ok([0, 2, 137].includes(code)) },
  },
  {
    name: "a limit of memory",
    script: "x=a; while :; do x=$x$x; done",
    container: { resources: { limits: { memory: "48Mi" } } },
    wanted: ({ code, isOutOfMemory }) => assert.deepEqual([code, isOutOfMemory], [137, true]),
    otherwise: { runsc: ({ isOutOfMemory }) => assert.ok(isOutOfMemory) },
  },
  {
    name: "who ends by SIGKILL is not out of memory",
    script: "kill -9 $$; sleep 1",
    // A container's first process is spared its own signals.
    wanted: ({ code, isOutOfMemory }) => assert.deepEqual([code, isOutOfMemory], [0, false]),
    otherwise: { runsc: ({ isOutOfMemory }) => assert.ok(!isOutOfMemory) },
  },
  {
    name: "processor time by request and limit",
    script: "cat /sys/fs/cgroup/cpu/cpu.shares /sys/fs/cgroup/cpu/cpu.cfs_quota_us || cat /sys/fs/cgroup/cpu.max",
    container: { resources: { requests: { cpu: "250m" }, limits: { cpu: "500m" } } },
    wanted: /^(256\n)?50000/,
    // It shows no cgroups of the machine; later releases show their own, with the limit.
    otherwise: { runsc: ({ stdout, code }) => assert.match(`${code} ${stdout}`, /^(1 |0 \d+\n50000\n)/) },
  },
  {
    name: "sysctls of the pod",
    script: "cat /proc/sys/net/ipv4/ip_unprivileged_port_start",
    pod: { securityContext: { sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "80" }] } },
    wanted: /^80\n$/,
    otherwise: { runsc: ({ stdout }) => assert.notEqual(stdout, "80\n") },
  },
];

const noMkdir = JSON.stringify({
  defaultAction: "SCMP_ACT_ALLOW",
  syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO" }],
});

/** Throws where an outcome is none that is wanted. */
export function check(wanted: Effect["wanted"], outcome: Outcome): void {
  if (typeof wanted === "function") wanted(outcome);
  else assert.match(outcome.stdout, wanted, JSON.stringify(outcome));
}
