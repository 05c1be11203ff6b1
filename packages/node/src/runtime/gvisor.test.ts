import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { mountsUnder } from "../sandbox/namespaces.ts";
import { type Bench, candidates, openBench, outcomeOf } from "./containers.fixture.ts";

const bench = openBench();
const on = bench as Bench;
// Before any test: what comes after the last one that is known would be done at once.
const { skip, runtime } = (await candidates(bench, ["runsc"]))[0] as Awaited<ReturnType<typeof candidates>>[0];
after(() => bench?.remove());

test("gVisor: a container runs on a kernel of its own", { skip, timeout: 60_000 }, async () => {
  const { stdout } = await on.outcome(runtime, {
    script: "uname -r; dmesg | head -1",
    container: { securityContext: { capabilities: { add: ["SYSLOG"] } } },
  });
  assert.match(stdout, /^(4\.4\.0|\S+-gvisor)\n.*Starting gVisor/);
});

test("gVisor: a pod's containers share a kernel, and each ends by itself", { skip, timeout: 60_000 }, async () => {
  const pause = await on.bundle(runtime, { script: "sleep 1000" });
  await runtime.startSandbox?.({ id: pause.id, bundle: pause.bundle });
  const sandbox = { kernel: pause.id };
  try {
    const first = await on.start(runtime, { script: "echo $$$$; exit 5", sandbox });
    assert.deepEqual(await outcomeOf(first.process), { stdout: "1\n", stderr: "", code: 5, isOutOfMemory: false });
    await runtime.delete(first.id);
    assert.ok((await runtime.list()).includes(pause.id));
    const last = await on.start(runtime, { script: "sleep 1000", sandbox });
    await runtime.kill(last.id, "SIGKILL");
    assert.deepEqual(await last.process.exited, { code: 137 });
    await runtime.delete(last.id);
  } finally {
    await runtime.stopSandbox?.(pause.id);
  }
  assert.deepEqual(await runtime.list(), []);
  await runtime.close?.();
  assert.deepEqual(await mountsUnder(join(on.folder, "runsc")), []);
});

test("gVisor: a container of a pod that asks for a terminal runs on one", { skip, timeout: 60_000 }, async () => {
  const pause = await on.bundle(runtime, { script: "sleep 1000" });
  await runtime.startSandbox?.({ id: pause.id, bundle: pause.bundle });
  try {
    const script = "read -r line; echo said $line; exit 3";
    const io = { stdin: true, tty: true };
    const { process } = await on.start(runtime, { script, sandbox: { kernel: pause.id }, io });
    process.stdin?.write("word\n");
    const { stdout, code } = await outcomeOf(process);
    assert.match(stdout, /said word\r\n/);
    assert.equal(code, 3);
  } finally {
    await runtime.stopSandbox?.(pause.id);
  }
});

test("gVisor: sysctls of the network hold in the pod's namespace; what the kernel does not take is told", {
  skip,
  timeout: 60_000,
}, async () => {
  const network = makeNetwork();
  const trial = (value: string) => ({
    script: "true",
    sandbox: { namespaces: { network } },
    pod: { securityContext: { sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value }] } },
  });
  try {
    assert.equal((await on.outcome(runtime, trial("80"))).code, 0);
    const file = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
    assert.equal(execFileSync("nsenter", [`--net=${network}`, "cat", file], { encoding: "utf8" }), "80\n");
    await assert.rejects(on.outcome(runtime, trial("many")), {
      message: 'sysctl net.ipv4.ip_unprivileged_port_start: the kernel does not take "many"',
    });
  } finally {
    execFileSync("umount", [network]);
  }
});

test("gVisor: a container listens on a low port, though its kernel's process may do nothing on the machine", {
  skip,
  timeout: 60_000,
}, async () => {
  const network = makeNetwork();
  const nobody = { capabilities: { drop: ["ALL"] }, allowPrivilegeEscalation: false };
  const namespaces = { network };
  const pause = await on.bundle(runtime, {
    script: "sleep 1000",
    user: { uid: 65_535, gid: 65_535 },
    container: { securityContext: nobody },
    sandbox: { namespaces },
  });
  try {
    await runtime.startSandbox?.({ id: pause.id, bundle: pause.bundle });
    const sandbox = { kernel: pause.id, namespaces };
    const server = await on.start(runtime, { script: "echo hi | nc -l -p 80", sandbox });
    const ask = "until nc -w 1 127.0.0.1 80; do sleep 0.1; done";
    const said = execFileSync("nsenter", [`--net=${network}`, "busybox", "sh", "-c", ask], { stdio: "pipe" });
    assert.equal(said.toString(), "hi\n");
    assert.equal((await outcomeOf(server.process)).code, 0);
    // Only what ptrace needs; in releases that open files without another process, what these need, and the network's.
    assert.match(kernelCapabilities(pause.id) ?? "", /^0{11}(80000|8141f)$/);
  } finally {
    await runtime.stopSandbox?.(pause.id);
    execFileSync("umount", [network]);
  }
});

/** A network namespace whose loopback is up, held by a file. */
function makeNetwork(): string {
  const network = join(mkdtempSync(join(on.folder, "network-")), "net");
  writeFileSync(network, "");
  execFileSync("unshare", [`--net=${network}`, "ip", "link", "set", "lo", "up"]);
  return network;
}

/** Of the process that is a sandbox' kernel, by the machine's /proc. */
function kernelCapabilities(id: string): string | undefined {
  const pids = readdirSync("/proc").filter((each) => /^\d+$/.test(each));
  const pid = pids.find((each) => {
    const line = readText(`/proc/${each}/cmdline`);
    return line.startsWith("runsc-sandbox") && line.includes(id);
  });
  return /^CapPrm:\s*(\S+)$/m.exec(readText(`/proc/${pid}/status`))?.[1];
}

/** Of a process that may have ended meanwhile. */
function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
