import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { tool } from "../tool.ts";
import { makeNamespaces, mountsUnder, removeMounts } from "./namespaces.ts";
import { freePrefix, PodNetwork, tagOf } from "./pod-network.ts";

const skip = whyNot();

/** Undefined where this machine lets us make namespaces and links. */
function whyNot(): string | false {
  try {
    execFileSync("unshare", ["--net", "ip", "link", "add", "sptest", "type", "veth"], { stdio: "pipe" });
    return false;
  } catch {
    return "no network namespaces with veth on this machine, or not root";
  }
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-sandbox-"));
  try {
    await use(folder);
  } finally {
    await removeMounts(folder);
    assert.deepEqual(await mountsUnder(folder), []);
  }
}

const inside = (file: string | undefined, ...command: string[]) => tool("nsenter", [`--net=${file}`, ...command]);

test("a pod's namespaces hold a name without any process", { skip }, () =>
  inFolder(async (folder) => {
    const made = await makeNamespaces(folder, { hostname: "web-1", hostNetwork: false, hostIpc: false });
    assert.deepEqual(Object.keys(made).sort(), ["ipc", "network", "uts"]);
    assert.equal(await tool("nsenter", [`--uts=${made.uts}`, "hostname"]), "web-1\n");
    const users = { first: 200_000, size: 65_536 };
    const apart = await makeNamespaces(join(folder, "u"), { hostname: "u", hostNetwork: false, hostIpc: false, users });
    const own = [`--user=${apart.user}`, `--uts=${apart.uts}`, `--net=${apart.network}`];
    const script = "hostname; hostname v; hostname; cat /proc/self/uid_map";
    const said = (await tool("nsenter", [...own, "sh", "-c", script])).split(/\s+/);
    assert.deepEqual(said.filter(Boolean), ["u", "v", "0", "200000", "65536"]);
    const shared = await makeNamespaces(join(folder, "b"), { hostname: "b", hostNetwork: true, hostIpc: true });
    assert.deepEqual(shared, {});
  }),
);

test("two pods reach one another and the node, and leave nothing behind", { skip }, () =>
  inFolder(async (folder) => {
    const network = new PodNetwork({ tag: tagOf(folder), prefix: await freePrefix() });
    await network.start();
    try {
      const pods = [];
      for (const name of ["a", "b"]) {
        const spaces = await makeNamespaces(join(folder, name), { hostname: name, hostNetwork: false, hostIpc: false });
        pods.push({ name, file: spaces.network, ip: await network.join(name, spaces.network as string) });
      }
      const [a, b] = pods as [(typeof pods)[0], (typeof pods)[0]];
      assert.notEqual(a.ip, b.ip);
      const asks = (ip: string) => inside(a.file, process.execPath, "-e", dial, ip);
      for (const [place, ip] of [
        [inside(b.file, process.execPath, "-e", serveOnce, b.ip), b.ip],
        [tool(process.execPath, ["-e", serveOnce, network.address]), network.address],
      ] as const)
        assert.deepEqual(await Promise.all([place, asks(ip)]), [a.ip, "hello"]);
      for (const { name, ip } of pods) await network.leave(name, ip);
    } finally {
      await network.stop();
    }
    assert.ok(!(await tool("ip", ["link"])).includes(`sp${tagOf(folder)}`));
  }),
);

/** Tells who called. */
const serveOnce = `
  const server = require("net").createServer((socket) => {
    process.stdout.write(socket.remoteAddress);
    socket.end("hello", () => server.close());
  }).listen(8080, process.argv[1]);`;
/** Until somebody listens. */
const dial = `
  const ask = () => require("net").connect(8080, process.argv[1])
    .on("data", (data) => process.stdout.write(data))
    .on("error", () => setTimeout(ask, 100));
  ask();`;
