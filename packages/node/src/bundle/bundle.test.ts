import assert from "node:assert/strict";
import { test } from "node:test";
import type { ImageConfig } from "../image/image.ts";
import type { ContainerSpec, Context, PodSpec } from "../security-context/pod.ts";
import { processArgs } from "./args.ts";
import { type ContainerRequest, containerSpec } from "./container-spec.ts";
import type { BundlePod } from "./context.ts";
import { processEnv } from "./env.ts";
import type { Machine } from "./machine.ts";
import { containerMounts } from "./mounts.ts";
import { oomScore } from "./oom-score.ts";
import { containerResources } from "./resources.ts";
import { defaultProfile } from "./seccomp-default.ts";
import { podSysctls } from "./sysctls.ts";
import { unenforced } from "./unenforced.ts";
import { checkNonRoot, userOf } from "./user.ts";

const gib = 1024 ** 3;
const machine: Machine = {
  memoryBytes: 16 * gib,
  kernel: "6.1.0",
  architecture: "x64",
  capabilities: ["CHOWN", "KILL", "NET_ADMIN"],
  oomScoreFloor: 0,
  cgroups: "v2",
  devices: [],
  hasAppArmor: false,
  hasSeLinux: false,
};

function podOf(spec: Partial<PodSpec>): BundlePod {
  return { metadata: { name: "web", namespace: "shop", uid: "7" }, spec };
}

function request(spec: Partial<PodSpec>, container: Context = {}, more: Partial<ContainerRequest> = {}) {
  return {
    pod: podOf(spec),
    container: { name: "c", command: ["true"], ...container },
    imageConfig: {},
    user: { uid: 0, gid: 0, additionalGids: [] },
    environment: [],
    mounts: [],
    rootfs: "/r",
    sandbox: { id: "s", hostname: "web", namespaces: {} },
    cgroupsPath: "/sallyport/7/c",
    machine,
    traits: { pidsFloor: 0, hasOwnKernel: false, unknownCapabilities: [] },
    localhostProfiles: () => undefined,
    ...more,
  } satisfies ContainerRequest;
}

const users: readonly (readonly [pod: Context, container: Context, image: string | undefined, user: string])[] = [
  [{}, {}, undefined, "0"],
  [{}, {}, "app:web", "app:web"],
  [{ runAsUser: 5 }, {}, "app:web", "5"],
  [{ runAsUser: 5 }, { runAsUser: 6, runAsGroup: 7 }, undefined, "6:7"],
  [{ runAsGroup: 7 }, {}, "app:web", "app:7"],
  [{ runAsGroup: 7 }, {}, undefined, "0:7"],
];

for (const [pod, own, image, wanted] of users)
  test(`user of ${JSON.stringify([pod, own, image])}`, () => {
    const container = { name: "c", securityContext: own };
    const config: ImageConfig = image === undefined ? {} : { User: image };
    assert.equal(userOf(podOf({ securityContext: pod }), container, config), wanted);
  });

const refused: readonly (readonly [own: Context, image: string, words: string | undefined])[] = [
  [{ runAsNonRoot: true }, "", "container has runAsNonRoot and image will run as root"],
  [{ runAsNonRoot: true }, "0:5", "container has runAsNonRoot and image will run as root"],
  [
    { runAsNonRoot: true },
    "app",
    "container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root",
  ],
  [{ runAsNonRoot: true, runAsUser: 0 }, "5", "container's runAsUser breaks non-root policy"],
  [{ runAsNonRoot: true }, "5", undefined],
  [{ runAsNonRoot: true, runAsUser: 5 }, "", undefined],
  [{}, "", undefined],
];

for (const [own, image, words] of refused)
  test(`${JSON.stringify(own)} with the image's user "${image}" ${words === undefined ? "runs" : "does not run"}`, () => {
    const check = () => checkNonRoot(podOf({}), { name: "c", securityContext: own }, { User: image });
    if (words === undefined) return check();
    const message = `${words} (pod: "web_shop(7)", container: c)`;
    return assert.throws(check, { reason: "CreateContainerConfigError", message });
  });

test("command and args take the place of Entrypoint and Cmd, with variables put in", () => {
  const image = { Entrypoint: ["/in"], Cmd: ["serve"] };
  const line = (own: Context, config: ImageConfig = image) =>
    processArgs({ name: "c", ...own } as ContainerSpec, config, ["A=1", "B=x=y"]);
  assert.deepEqual(line({}), ["/in", "serve"]);
  assert.deepEqual(line({ args: ["a"] }), ["/in", "a"]);
  assert.deepEqual(line({ command: ["c"] }), ["c"]);
  assert.deepEqual(line({ command: ["c"], args: ["$(A)$(B)", "$(C)", "$$(A)"] }), ["c", "1x=y", "$(C)", "$(A)"]);
  assert.throws(() => line({}, {}), { reason: "CreateContainerError", message: "no command specified" });
});

test("variables: the container's last, the image's before, and what is usual first", () => {
  assert.deepEqual(processEnv(["PATH=/image", "A=1"], ["A=2", "B="], { hostname: "web", tty: true }), [
    "PATH=/image",
    "HOSTNAME=web",
    "TERM=xterm",
    "A=2",
    "B=",
  ]);
});

const sysctls: readonly (readonly [name: string, spec: Partial<PodSpec>, words: string | undefined])[] = [
  ["kernel.shm_rmid_forced", {}, undefined],
  ["net/ipv4/ip_local_port_range", {}, undefined],
  ["kernel.msgmax", {}, '"kernel.msgmax" not allowlisted'],
  ["constructor", {}, '"constructor" not allowlisted'],
  ["net.ipv4.tcp_syncookies", { hostNetwork: true }, '"net.ipv4.tcp_syncookies" not allowed with host net enabled'],
  ["kernel.shm_rmid_forced", { hostIPC: true }, '"kernel.shm_rmid_forced" not allowed with host ipc enabled'],
];

for (const [name, spec, words] of sysctls)
  test(`sysctl ${name} of ${JSON.stringify(spec)} is ${words === undefined ? "set" : "refused"}`, () => {
    const set = () => podSysctls({ ...spec, securityContext: { sysctls: [{ name, value: "1" }] } }, machine.kernel);
    if (words === undefined) assert.deepEqual(set(), { [name.replaceAll("/", ".")]: "1" });
    else assert.throws(set, { reason: "SysctlForbidden", message: `forbidden sysctl: ${words}` });
  });

test("a kernel that does not keep a sysctl apart has none of it", () => {
  const spec = { securityContext: { sysctls: [{ name: "net.ipv4.tcp_rmem", value: "1" }] } };
  assert.throws(() => podSysctls(spec, "4.14.9"), { message: 'forbidden sysctl: "net.ipv4.tcp_rmem" not allowlisted' });
});

const memory = (requests: string, limits?: string) => ({
  resources: { requests: { memory: requests }, ...(limits === undefined ? {} : { limits: { memory: limits } }) },
});
const scores: readonly (readonly [name: string, spec: Partial<PodSpec>, score: number])[] = [
  ["nothing asked for", { containers: [{ name: "c" }] }, 1000],
  ["a sixteenth of the memory", { containers: [{ name: "c", ...memory("1Gi") }] }, 938],
  ["next to nothing", { containers: [{ name: "c", ...memory("1Mi") }] }, 999],
  ["all of the memory", { containers: [{ name: "c", ...memory("16Gi") }] }, 3],
  [
    "guaranteed",
    {
      containers: [
        { name: "c", resources: { limits: { memory: "1Gi", cpu: "1" }, requests: { memory: "1Gi", cpu: "1" } } },
      ],
    },
    -997,
  ],
  ["one the node needs", { priority: 2_000_001_000, containers: [{ name: "c" }] }, -997],
];

for (const [name, spec, score] of scores)
  test(`want of memory: ${name}`, () =>
    assert.equal(
      oomScore(podOf(spec), (spec.containers as ContainerSpec[])[0] as ContainerSpec, machine.memoryBytes),
      score,
    ));

const limits: readonly (readonly [own: object, wanted: object])[] = [
  [{}, { cpu: { shares: 2 } }],
  [{ requests: { cpu: "250m" } }, { cpu: { shares: 256 } }],
  [{ limits: { cpu: "500m" } }, { cpu: { shares: 512, quota: 50_000, period: 100_000 } }],
  [{ limits: { cpu: "1m" } }, { cpu: { shares: 2, quota: 1_000, period: 100_000 } }],
  [{ limits: { memory: "64Mi" } }, { cpu: { shares: 2 }, memory: { limit: 64 * 1024 * 1024 } }],
];

for (const [resources, wanted] of limits)
  test(`limits of ${JSON.stringify(resources)}`, () => {
    const options = { isPrivileged: false, pids: undefined };
    const found = containerResources({}, { name: "c", resources }, options);
    assert.deepEqual(found, { devices: [{ allow: false, access: "rwm" }], ...wanted });
  });

test("mounts: the pod's take the place of what is usual, the outer ones first", () => {
  const options = { isPrivileged: false, ownsNetwork: true, ownsIpc: true, hasUserNamespace: false };
  const of = (destination: string) => ({ destination, type: "bind", source: "/x", options: ["ro"] });
  const made = containerMounts([of("/a/b"), of("/a"), of("/dev/shm/")], options).map((each) => each.destination);
  assert.deepEqual(made.slice(-3), ["/a", "/a/b", "/dev/shm/"]);
  assert.ok(!made.includes("/dev/shm"));
  assert.deepEqual(
    containerMounts([of("/dev")], options).filter(({ destination }) => destination.startsWith("/dev")),
    [of("/dev")],
  );
});

test("the runtime's filter opens what capabilities are for, on each processor and kernel", () => {
  const allowed = (of: Machine, capabilities: readonly string[]) => {
    const { syscalls } = defaultProfile(of, capabilities) as {
      syscalls: { names: string[]; action: string; args?: object }[];
    };
    return syscalls.flatMap(({ names, action, args }) =>
      action === "SCMP_ACT_ALLOW" && args === undefined ? names : [],
    );
  };
  assert.ok(!allowed(machine, []).includes("mount"));
  assert.ok(allowed(machine, ["CAP_SYS_ADMIN"]).includes("mount"));
  assert.ok(allowed(machine, []).includes("arch_prctl"));
  assert.ok(!allowed({ ...machine, architecture: "arm64" }, []).includes("arch_prctl"));
  assert.ok(allowed(machine, []).includes("ptrace"));
  assert.ok(!allowed({ ...machine, kernel: "4.4.0" }, []).includes("ptrace"));
  assert.deepEqual((defaultProfile(machine, []) as { architectures: string[] }).architectures, [
    "SCMP_ARCH_X86_64",
    "SCMP_ARCH_X86",
    "SCMP_ARCH_X32",
  ]);
});

test("capabilities: names that Linux or the machine does not have are refused", () => {
  const spec = (capabilities: Context) => containerSpec(request({}, { securityContext: { capabilities } }));
  assert.throws(() => spec({ add: ["NOPE"] }), {
    reason: "CreateContainerError",
    message: 'unknown capability "CAP_NOPE": Linux has none of this name',
  });
  assert.throws(() => spec({ add: ["SYS_RESOURCE"] }), {
    message: "capability CAP_SYS_RESOURCE cannot be added: this node cannot give it",
  });
  assert.deepEqual(spec({ add: ["ALL"], drop: ["KILL"] }).process.capabilities.bounding, [
    "CAP_CHOWN",
    "CAP_NET_ADMIN",
  ]);
});

test("namespaces: joined by their files, new, or the host's", () => {
  const joined = { id: "s", hostname: "web", namespaces: { network: "/ns/net", uts: "/ns/uts" } };
  const own = containerSpec(request({}, {}, { sandbox: joined }));
  assert.deepEqual(own.linux.namespaces, [
    { type: "pid" },
    { type: "network", path: "/ns/net" },
    { type: "ipc" },
    { type: "uts", path: "/ns/uts" },
    { type: "mount" },
    { type: "cgroup" },
  ]);
  const host = containerSpec(request({ hostNetwork: true, hostPID: true, hostIPC: true }));
  assert.deepEqual(host.linux.namespaces, [{ type: "mount" }, { type: "cgroup" }]);
  assert.equal(host.hostname, undefined);
});

test("a kernel of its own: containers join it by annotations, without users and devices of the machine", () => {
  const traits = { pidsFloor: 64, hasOwnKernel: true, unknownCapabilities: [] };
  const mappings = [{ containerID: 0, hostID: 1, size: 2 }];
  const sandbox = { id: "s", hostname: "web", namespaces: {}, mappings, kernel: "first" };
  const spec = containerSpec(
    request({}, { securityContext: { privileged: true } }, { traits, sandbox, pidsLimit: 10 }),
  );
  assert.deepEqual(spec.annotations, {
    "io.kubernetes.cri.container-type": "container",
    "io.kubernetes.cri.sandbox-id": "first",
    "io.kubernetes.cri.container-name": "c",
  });
  assert.deepEqual([spec.linux.uidMappings, spec.linux.devices], [undefined, undefined]);
  assert.ok(!("pids" in spec.linux.resources));
});

const profiles: readonly (readonly [text: string | undefined, words: string])[] = [
  [undefined, "the node has no such file"],
  ["[]", "it is no JSON object"],
  ["{", "it is no JSON object"],
  ["{}", "it has no defaultAction"],
];

for (const [text, words] of profiles)
  test(`a profile of the node's own that is ${text ?? "not there"}`, () => {
    const securityContext = { seccompProfile: { type: "Localhost", localhostProfile: "a.json" } };
    assert.throws(() => containerSpec(request({ securityContext }, {}, { localhostProfiles: () => text })), {
      reason: "CreateContainerError",
      message: `cannot load seccomp profile "a.json": ${words}`,
    });
  });

test("what nothing enforces is told", () => {
  const container = { name: "c", securityContext: { appArmorProfile: { type: "RuntimeDefault" }, seLinuxOptions: {} } };
  assert.deepEqual(unenforced(podOf({}), container, machine), [
    "AppArmor profile RuntimeDefault is not enforced: this node's kernel has none",
    "seLinuxOptions are not enforced: this node's kernel has none",
  ]);
  const wrong = { name: "c", securityContext: { appArmorProfile: { type: "Best" } } };
  assert.throws(() => unenforced(podOf({}), wrong, machine), {
    message: 'appArmorProfile: unknown type "Best": RuntimeDefault, Localhost, Unconfined',
  });
});
