import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Bench, candidates, openBench, outcomeOf } from "../runtime/containers.fixture.ts";
import { check, context, effects, none, sets, status } from "../runtime/effects.fixture.ts";

const bench = openBench();
const on = bench as Bench;
// Before any test: what comes after the last one that is known would be done at once. A guest is booted for that.
const { skip, runtime } = (await candidates(bench, ["kata"]))[0] as Awaited<ReturnType<typeof candidates>>[0];
/** A machine that does much else imitates a processor slowly. */
const timeout = 300_000;
const pod: { id: string; network: string } = { id: "", network: "" };

before(
  async () => {
    if (skip !== false) return;
    const network = makeNetwork();
    const { id, bundle } = await on.bundle(runtime, {
      script: "true",
      pod: { securityContext: { sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "80" }] } },
      sandbox: { namespaces: { network } },
    });
    Object.assign(pod, { id, network });
    await runtime.startSandbox?.({ id, bundle });
  },
  { timeout },
);

after(
  async () => {
    if (skip === false) {
      await runtime.stopSandbox?.(pod.id);
      assert.deepEqual(await runtime.list(), []);
      assert.deepEqual(traces(), []);
      execFileSync("umount", [pod.network]);
    }
    await bench?.remove();
  },
  { timeout },
);

const inPod = () => ({ sandbox: { kernel: pod.id } });

test("a guest: what runs it is said, and an imitated processor is never called hardware isolation", { skip }, () => {
  assert.match(runtime.version, /^QEMU \d\S*, Linux \d\S*, (kvm|software emulation: no hardware isolation)$/);
  const isImitated = runtime.version.includes("emulation");
  assert.equal(/no hardware isolation/.test(runtime.limits.join("\n")), isImitated);
});

test("a guest: a container runs on its kernel, and not the node's", { skip, timeout }, async () => {
  const { stdout } = await on.outcome(runtime, { script: "uname -r", ...inPod() });
  assert.ok(runtime.version.includes(`Linux ${stdout.trim()},`), stdout);
});

for (const { name, wanted, otherwise, sandbox, ...trial } of effects)
  test(`a guest: ${name}`, { skip, timeout }, async () => {
    check(
      otherwise?.["kata"] ?? wanted,
      await on.outcome(runtime, { ...trial, sandbox: { ...sandbox, ...inPod().sandbox } }),
    );
  });

test("a guest: a process that exec starts is the container's user, and has no more than the container", {
  skip,
  timeout,
}, async () => {
  const { id, spec } = await on.start(runtime, {
    script: "sleep 1000",
    user: { uid: 1000, gid: 1000, additionalGids: [50] },
    ...context({ allowPrivilegeEscalation: false, seccompProfile: { type: "RuntimeDefault" } }),
    ...inPod(),
  });
  const args = ["sh", "-c", `cat; whoami; id -G; ${status}; unshare -U true; exit 7`];
  const process = await runtime.exec(id, { ...spec.process, args }, { stdin: true, tty: false });
  process.stdin?.end("read\n");
  const { stdout, stderr, code } = await outcomeOf(process);
  assert.match(stdout, /^read\napp\n1000 50\n/);
  assert.match(stdout, sets(none, none, none, "0{8}a80425fb"));
  assert.match(stdout, /NoNewPrivs:\s1\nSeccomp:\s2\n/);
  assert.match(stderr, /unshare.*Operation not permitted/);
  assert.equal(code, 7);
  await runtime.delete(id);
});

test("a guest: a terminal has the size that it is told, and signals reach the process", { skip, timeout }, async () => {
  const { id, spec } = await on.start(runtime, { script: "sleep 1000", ...inPod() });
  const script = "trap 'stty size; exit 3' TERM; echo ready; while :; do sleep 0.1; done";
  const process = await runtime.exec(id, { ...spec.process, args: ["sh", "-c", script] }, { stdin: true, tty: true });
  let said = "";
  const until = async (text: string) => {
    for await (const chunk of process.stdout.iterator({ destroyOnReturn: false })) {
      said += chunk;
      if (said.includes(text)) return;
    }
  };
  await until("ready");
  process.resize?.({ width: 91, height: 17 });
  await runtime.exec(id, { ...spec.process, args: ["true"] }, { stdin: false, tty: false }).then(outcomeOf);
  await process.signal("SIGTERM");
  await until("17 91");
  assert.deepEqual(await process.exited, { code: 3 });
  await runtime.delete(id);
});

test("a guest: all that a process writes comes, and in its order", { skip, timeout }, async () => {
  const script = "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i + 1)); done; echo end >&2";
  const { stdout, stderr } = await on.outcome(runtime, { script, ...inPod() });
  assert.equal(stdout, Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join(""));
  assert.equal(stderr, "end\n");
});

test("a guest: volumes are the node's, groups of theirs may write, and nothing else is shared", {
  skip,
  timeout,
}, async () => {
  const volume = mkdtempSync(join(on.folder, "volume-"));
  execFileSync("chown", ["0:2000", volume]);
  execFileSync("chmod", ["2775", volume]);
  writeFileSync(join(volume, "read"), "from the node\n");
  const mount = (destination: string, option: string) => ({
    destination,
    type: "bind",
    source: volume,
    options: ["rbind", "rprivate", option],
  });
  const { stdout, stderr } = await on.outcome(runtime, {
    script:
      "cat /v/read; echo mine > /v/written; mkdir /v/dir; stat -c '%u %g' /v/written /v/dir; touch /ro/a; ls /shared",
    user: { uid: 1000, gid: 1000 },
    pod: { securityContext: { fsGroup: 2000 } },
    mounts: [mount("/v", "rw"), mount("/ro", "ro")],
    ...inPod(),
  });
  assert.equal(stdout, "from the node\n1000 2000\n1000 2000\n");
  assert.match(stderr, /^touch: \/ro\/a: Read-only file system\nls: \/shared: No such file or directory\n$/);
  assert.equal(readFileSync(join(volume, "written"), "utf8"), "mine\n");
});

test("a guest: the pod's address is its own, and it is reached by the namespace's loopback address", {
  skip,
  timeout,
}, async () => {
  const server = await on.start(runtime, { script: "ip -4 addr show eth0; echo hi | nc -l -p 80", ...inPod() });
  const ask = "until nc -w 2 127.0.0.1 80; do sleep 0.2; done";
  const said = execFileSync("nsenter", [`--net=${pod.network}`, "busybox", "sh", "-c", ask], { stdio: "pipe" });
  assert.equal(said.toString(), "hi\n");
  assert.match((await outcomeOf(server.process)).stdout, /inet 10\.9\.8\.7\/32/);
  await runtime.delete(server.id);
});

test("a guest: what cannot be run is told, and what asks for the node's own is refused", {
  skip,
  timeout,
}, async () => {
  const absent = { container: { command: ["/absent"] }, script: "" };
  await assert.rejects(on.start(runtime, { ...absent, ...inPod() }), {
    reason: "RunContainerError",
    message: /absent.*[Nn]o such file/,
  });
  await assert.rejects(on.start(runtime, { script: "true", pod: { hostNetwork: true }, ...inPod() }), {
    reason: "CreateContainerError",
    message: "kata: hostNetwork: a guest has none of the node's namespaces",
  });
});

test("a guest whose QEMU dies ends its containers", { skip, timeout }, async () => {
  const { id, process } = await on.start(runtime, { script: "sleep 1000" });
  for (const pid of qemusOf(id)) globalThis.process.kill(pid, "SIGKILL");
  assert.deepEqual(await process.exited, { code: 137 });
  await runtime.delete(id);
  assert.deepEqual(qemusOf(id), []);
});

test("a guest that nobody wants any more while it boots is given up at once, and leaves nothing", {
  skip,
  timeout,
}, async () => {
  const { id, bundle } = await on.bundle(runtime, { script: "true" });
  const unwanted = new AbortController();
  const refused = assert.rejects(runtime.startSandbox?.({ id, bundle, signal: unwanted.signal }) ?? Promise.resolve(), {
    reason: "FailedCreatePodSandBox",
    message: "kata: nobody waits for the guest any more",
  });
  while (qemusOf(id).length === 0) await delay(100);
  const from = performance.now();
  unwanted.abort();
  await refused;
  assert.ok(performance.now() - from < 15_000);
  assert.deepEqual([(await runtime.list()).includes(id), qemusOf(id)], [false, []]);
});

test("a guest that is deleted while it boots is given up at once", { skip, timeout }, async () => {
  const { id, bundle } = await on.bundle(runtime, { script: "true" });
  const refused = assert.rejects(runtime.run({ id, bundle, io: { stdin: false, tty: false } }), /kata: /);
  while (qemusOf(id).length === 0) await delay(100);
  const from = performance.now();
  await runtime.delete(id);
  await refused;
  assert.ok(performance.now() - from < 15_000);
  assert.ok(!(await runtime.list()).includes(id));
});

/** A network namespace with a link and an address as a pod's, held by a file. */
function makeNetwork(): string {
  const network = join(mkdtempSync(join(on.folder, "network-")), "net");
  writeFileSync(network, "");
  const lines = [
    "ip link set lo up",
    "ip link add eth0 type veth peer name node",
    "ip addr add 10.9.8.7/32 dev eth0",
    "ip link set eth0 up",
    "ip route add 10.9.8.1/32 dev eth0 scope link",
    "ip route add default via 10.9.8.1 dev eth0",
  ];
  execFileSync("unshare", [`--net=${network}`, "sh", "-ec", lines.join("\n")]);
  return network;
}

/** What guests of the bench have left on the machine. */
function traces(): readonly string[] {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  const locks = existsSync("/run/virtiofsd") ? readdirSync("/run/virtiofsd") : [];
  return [
    ...mounts.filter((line) => line.includes(`${on.folder}/kata`)),
    ...locks.filter((name) => name.includes(on.folder.replaceAll("/", "."))),
  ];
}

function qemusOf(id: string): readonly number[] {
  const folder = readdirSync(join(on.folder, "kata/guests"))
    .map((name) => join(on.folder, "kata/guests", name))
    .find((each) => existsSync(join(each, "id")) && readFileSync(join(each, "id"), "utf8") === id);
  if (folder === undefined) return [];
  const pids = readdirSync("/proc").filter((each) => /^\d+$/.test(each));
  return pids.map(Number).filter((pid) => cwdOf(pid) === folder && nameOf(pid).startsWith("qemu"));
}

function cwdOf(pid: number): string {
  return orNothing(() => readlinkSync(`/proc/${pid}/cwd`));
}

function nameOf(pid: number): string {
  return orNothing(() => readFileSync(`/proc/${pid}/comm`, "utf8"));
}

/** Of a process that may have ended meanwhile. */
function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
