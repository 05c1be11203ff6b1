import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { inFolder, runLine } from "../../opa/opa.fixture.ts";

const files = {
  "policy/p.rego": 'package pkg\n\np if input.foo == "bar"\n\ns contains x if some x in input.l\n',
  "in/a.json": '{"foo": "bar"}',
  "in/sub/b.yaml": "l: [1]",
  "in/c.txt": "no input",
};

/** Results as `path=result` or `path!code`. */
function summary(out: string): readonly string[] {
  const { result } = JSON.parse(out) as { result: { path: string; result?: unknown; error?: { code: string } }[] };
  return result.map((each) =>
    each.error === undefined ? `${each.path}=${JSON.stringify(each.result)}` : `${each.path}!${each.error.code}`,
  );
}

const table: readonly (readonly [line: string, status: number, results: readonly string[], fault?: string])[] = [
  ["--decision pkg/p in", 0, ["in/a.json=true", "in/sub/b.yaml!opa_undefined_error"]],
  ["--decision /pkg/s in", 0, ["in/a.json=[]", "in/sub/b.yaml=[1]"]],
  ["--set default_decision=pkg/p in/a.json", 0, ["in/a.json=true"]],
  ["in/a.json", 0, ["in/a.json!opa_undefined_error"]],
  ["--decision pkg/p --fail in", 1, ["in/a.json=true", "in/sub/b.yaml!opa_undefined_error"], "0 failures and 1 errors"],
  ["--decision pkg/p --fail-defined in/a.json", 1, ["in/a.json=true"], "1 failures and 0 errors"],
  ["--decision pkg/s --fail-non-empty in", 1, ["in/a.json=[]", "in/sub/b.yaml=[1]"], "1 failures and 0 errors"],
  ["--decision pkg/s --fail-non-empty in/a.json", 0, ["in/a.json=[]"]],
];

for (const [line, status, results, fault] of table)
  test(`exec ${line}`, () =>
    inFolder(files, async () => {
      const outcome = await runLine(`exec -b policy ${line}`);
      assert.deepEqual([outcome.status, summary(outcome.out)], [status, results]);
      if (fault === undefined) assert.equal(outcome.err, "");
      else assert.match(outcome.err, new RegExp(`"err":"exec error: there were ${fault} counted`));
    }));

test("exec reads standard input, and says what is missing", async () => {
  const { out } = await inFolder(files, () =>
    runLine("exec -b policy --decision pkg/p --stdin-input", { stdin: '{"foo": "bar"}' }),
  );
  assert.deepEqual(summary(out), ["--stdin-input=true"]);
  assert.match((await runLine("exec")).err, /msg="Unexpected error." err="requires at least 1 path arg, or/);
  assert.match((await runLine("exec nope.json")).err, /"err":"exec error: lstat nope.json: no such file or directory"/);
});

test("exec takes the bundles of its configuration, from files and from services", async () => {
  await inFolder(files, async () => {
    assert.equal((await runLine("build -b policy -o b.tar.gz")).status, 0);
    const ofFile = await runLine(
      `exec --decision pkg/p --set bundles.x.resource=file://${process.cwd()}/policy in/a.json`,
    );
    assert.deepEqual([ofFile.status, summary(ofFile.out)], [0, ["in/a.json=true"]]);
    const server = createServer((request, response) => {
      const isThere = request.url === "/b.tar.gz";
      response.writeHead(isThere ? 200 : 404).end(isThere ? readFileSync("b.tar.gz") : "");
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const line = (name: string) =>
      `exec --decision pkg/p --set services.s.url=${url} --set bundles.x.resource=${name} in/a.json`;
    try {
      const served = await runLine(line("b.tar.gz"));
      assert.deepEqual([served.status, summary(served.out), served.err], [0, ["in/a.json=true"], ""]);
      const { status, out, err } = await runLine(line("other.tar.gz"));
      assert.deepEqual([status, out], [1, ""]);
      assert.match(err, /"msg":"Bundle load failed: server replied with Not Found","name":"x"/);
      assert.match(
        err,
        /"err":"runtime error: Bundle name: x, Code: bundle_error, HTTPCode: -1, Message: server replied/,
      );
    } finally {
      server.close();
    }
  });
  const { status, err } = await inFolder(files, () => runLine("exec --set bundles.x.service=t in/a.json"));
  assert.equal(status, 1);
  assert.match(err, /"err":"runtime error: invalid configuration for bundle \\"x\\": service name \\"t\\" not found"/);
});

test("exec logs what policies print and what becomes of bundles where that is asked for", async () => {
  const printing = { ...files, "policy/q.rego": 'package q\n\nq if print("seen", input.foo)\n' };
  const line = "exec -b policy --decision q/q in/a.json";
  const [quiet, loud] = await inFolder(printing, async () => [await runLine(line), await runLine(`${line} -l info`)]);
  assert.equal(quiet?.err, "");
  const entries = (loud?.err ?? "")
    .trim()
    .split("\n")
    .map((entry) => JSON.parse(entry) as { readonly [field: string]: string });
  const bundle = (msg: string) => ({ level: "info", msg, name: "~0", plugin: "bundle" });
  assert.deepEqual(
    entries.map(({ time: _time, ...entry }) => entry),
    [
      bundle("Starting bundle loader."),
      bundle("Bundle loaded and activated successfully."),
      { level: "info", line: "/q.rego:3", msg: "seen bar" },
      bundle("Stopping bundle loader."),
    ],
  );
});
