import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { tagOf } from "@sallyport/node/kubelet";
import { findKubectl } from "../kubectl.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const tools = join(tmpdir(), "sallyport-test-tools");
const skip = whyNot();

/** What this machine lacks for pods that run. */
function whyNot(): string | false {
  if (process.getuid?.() !== 0) return "pods run for root alone";
  const absent = ["runc", "unshare", "nsenter", "ip", "nft", "mount"].filter((name) => !isHere(name));
  if (absent.length > 0) return `pods need ${absent.join(", ")}`;
  const found = findKubectl(tools);
  return typeof found === "string" ? found : false;
}

function isHere(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;
}

interface Running {
  readonly child: ChildProcess;
  readonly kubectl: (...words: string[]) => Promise<string>;
}

/** `sallyport up` with a node, once pods run there. */
async function up(folder: string): Promise<Running> {
  const flags = ["--conditions=source", "--disable-warning=ExperimentalWarning", main];
  const words = ["up", "--port", "0", "--data", folder, "--node", "here"];
  const child = spawn(process.execPath, [...flags, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on("line", (line) => said.push(line));
  while (!said.some((line) => line.startsWith("node here: pods run here, by"))) {
    const fault = said.find((line) => line.includes("no node"));
    assert.equal(fault ?? child.exitCode, null, said.join("\n"));
    await delay(50);
  }
  const found = findKubectl(tools);
  assert.ok(typeof found === "object");
  const kubectl = async (...args: string[]) => {
    const options = { env: { ...process.env, KUBECONFIG: join(folder, "kubeconfig") }, timeout: 60_000 };
    return (await promisify(execFile)(found.path, args, options)).stdout.trim();
  };
  return { child, kubectl };
}

/** What a node leaves on the machine while it is there. */
function traces(folder: string): string[] {
  const tag = tagOf(join(realpathSync(folder), "node"));
  const found = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const cgroups = existsSync("/sys/fs/cgroup/memory") ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
  return [
    ...found.filter((line) => line.includes(`sallyport-${tag}`) || line.includes(folder)),
    ...readdirSync("/sys/class/net").filter((name) => name.startsWith(`sp${tag}`)),
    ...readdirSync(cgroups).filter((name) => name.includes(tag)),
    ...spawnSync("nft", ["list", "tables"], { encoding: "utf8" })
      .stdout.split("\n")
      .filter((line) => line.includes(tag)),
    ...processesOf(tag, folder),
  ];
}

function processesOf(...names: readonly string[]): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    try {
      const line = /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ") : "";
      return names.some((name) => line.includes(name)) ? [`${pid} ${line}`] : [];
    } catch {
      return [];
    }
  });
}

const image = "sallyport.dev/tools";
const ready = ["wait", "--for=condition=Ready", "--timeout=60s"];
const phase = "jsonpath={.status.phase}";
const addresses = "jsonpath={.status.podIPs[*].ip}";

test("pods run, are reached by kubectl, outlive a server that is killed, and leave nothing behind", {
  skip,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-node-"));
  let server: Running | undefined;
  try {
    server = await up(folder);
    const { kubectl } = server;
    assert.match(await kubectl("get", "nodes", "--no-headers"), /^here +Ready /);
    await kubectl("run", "web", `--image=${image}`, "--command", "--", "sh", "-c", "echo hello; exec sleep 3600");
    await kubectl("run", "job", `--image=${image}`, "--restart=Never", "--command", "--", "sh", "-c", "exit 3");
    await kubectl(...ready, "pod/web");
    // Of an address that the next life of the node gives to another.
    await kubectl("run", "other", `--image=${image}`, "--command", "--", "sleep", "3600");
    await kubectl(...ready, "pod/other");
    assert.equal(await kubectl("logs", "web"), "hello");
    assert.equal(await kubectl("exec", "web", "--", "whoami"), "root");
    assert.equal(await kubectl("exec", "web", "--", "hostname"), "web");
    await assert.rejects(kubectl("exec", "web", "--", "sh", "-c", "exit 7"), { code: 7 });
    await kubectl("wait", "--for=jsonpath={.status.phase}=Failed", "--timeout=60s", "pod/job");
    assert.match(await kubectl("describe", "pod", "job"), /Exit Code: +3/);
    server.child.kill("SIGKILL");
    await until(
      () => traces(folder).length === 0,
      () => traces(folder).join("\n"),
    );

    server = await up(folder);
    await server.kubectl(
      "wait",
      "--for=jsonpath={.status.containerStatuses[0].restartCount}=1",
      "--timeout=60s",
      "pod/web",
    );
    await server.kubectl(...ready, "pod/web");
    await server.kubectl(...ready, "pod/other");
    for (const name of ["web", "other"])
      assert.equal((await server.kubectl("get", "pod", name, "-o", addresses)).split(" ").length, 1);
    assert.equal(await server.kubectl("get", "pod", "job", "-o", phase), "Failed");
    await server.kubectl("delete", "pod", "web", "other", "--grace-period=1");
    await assert.rejects(server.kubectl("get", "pod", "web"), /not found/);
    const ended = once(server.child, "exit");
    server.child.kill("SIGTERM");
    await ended;
    await until(
      () => traces(folder).length === 0,
      () => traces(folder).join("\n"),
    );
  } finally {
    server?.child.kill("SIGKILL");
    await until(
      () => traces(folder).length === 0,
      () => traces(folder).join("\n"),
    );
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Waits for a minute and a half: a loaded machine takes its time. */
async function until(holds: () => boolean, what: () => string): Promise<void> {
  for (let i = 0; !holds(); i++) {
    assert.ok(i < 900, `still there: ${what()}`);
    await delay(100);
  }
}
