import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";

const bin = join(import.meta.dirname, "../../../bin/sallyport.js");

interface Running {
  readonly folder: string;
  readonly child: ChildProcess;
  /** All that was logged, entry by entry. */
  readonly log: () => readonly { readonly [field: string]: unknown }[];
  readonly send: (method: string, path: string, body?: string) => Promise<string>;
}

/** `sallyport opa run --server` on a socket, with files in its folder. */
async function start(
  t: TestContext,
  files: { readonly [name: string]: string },
  flags: readonly string[] = [],
  paths: readonly string[] = Object.keys(files),
) {
  const folder = mkdtempSync(join(tmpdir(), "opa-server-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const socket = join(folder, "s");
  const words = ["opa", "run", "--server", "--addr", `unix://${socket}`, ...flags, ...paths];
  const child = spawn(process.execPath, [bin, ...words], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  child.stderr.on("data", (chunk) => {
    text += chunk;
  });
  t.after(() => {
    child.kill("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  });
  const log = () =>
    text
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
  const running: Running = { folder, child, log, send: (...asked) => send(socket, ...asked) };
  await until(() =>
    send(socket, "GET", "/health").then(
      () => true,
      () => false,
    ),
  );
  return running;
}

function send(socketPath: string, method: string, path: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(`${response.statusCode} ${text}`));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error("not within 30 s");
    await new Promise((done) => setTimeout(done, 50));
  }
}

test("a policy is put and asked; told to end, the server ends with status 0 and leaves no socket", async (t) => {
  const { child, send, log } = await start(t, { "a.rego": "package a\np := 1" });
  const rule = 'package k\ndeny contains "no" if input.kind == "Pod"';
  assert.equal(await send("PUT", "/v1/policies/example1", rule), "200 {}\n");
  assert.equal(await send("POST", "/v1/data/k/deny", '{"input":{"kind":"Pod"}}'), '200 {"result":["no"]}\n');
  assert.equal(await send("GET", "/v1/data/a"), '200 {"result":{"p":1}}\n');
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
  const messages = log().map(({ msg }) => msg);
  assert.equal(messages[0], "Initializing server.");
  assert.deepEqual(messages.slice(-2), ["Shutting down...", "Server shutdown."]);
});

test("files that change are read again; policies of the API stay", async (t) => {
  const { folder, send } = await start(t, { "a.rego": "package a\np := 1" }, ["--watch"]);
  await send("PUT", "/v1/policies/b", "package b\nq := data.a.p");
  writeFileSync(join(folder, "a.rego"), "package a\np := 2");
  await until(async () => (await send("GET", "/v1/data/b/q")) === '200 {"result":2}\n');
  writeFileSync(join(folder, "a.rego"), "package a\np := ");
  writeFileSync(join(folder, "a.rego"), "package a\np := 3");
  await until(async () => (await send("GET", "/v1/data/b/q")) === '200 {"result":3}\n');
});

test("a bundle that the server is started with owns its roots, also when it is read again", async (t) => {
  const manifest = (revision: string) => JSON.stringify({ revision, roots: ["a"] });
  const files = { "b/.manifest": manifest("r1"), "b/p.rego": "package a.p\nx := 1", "b/a/data.json": '{"y": 1}' };
  const { folder, send } = await start(t, files, ["--bundle", "--watch"], ["b"]);
  const owned = '400 {\n  "code": "invalid_parameter",\n  "message": "path a/q is owned by bundle \\"b\\""\n}\n';
  assert.equal(await send("PUT", "/v1/policies/q", "package a.q\nz := 1"), owned);
  assert.equal(await send("PUT", "/v1/data/a/q", "1"), owned);
  assert.equal(await send("PUT", "/v1/policies/q", "package other\nz := 1"), "200 {}\n");
  const revision = async () => /"revision":"(\w+)"/.exec(await send("GET", "/v1/data/a?provenance"))?.[1];
  assert.equal(await revision(), "r1");
  writeFileSync(join(folder, "b/.manifest"), manifest("r2"));
  writeFileSync(join(folder, "b/p.rego"), "package a.p\nx := 2");
  await until(async () => (await send("GET", "/v1/data/a/p/x")) === '200 {"result":2}\n');
  assert.equal(await revision(), "r2");
  assert.equal(await send("PUT", "/v1/data/a/q", "1"), owned);
  assert.equal(await send("GET", "/v1/data/other/z"), '200 {"result":1}\n');
});

const faults: readonly (readonly [string, readonly string[], string])[] = [
  [
    "a certificate without its key",
    ["--tls-cert-file", "x"],
    "error: --tls-cert-file and --tls-private-key-file must be specified together\n",
  ],
  ["a decision that is no text", ["--set", "default_decision={a}"], "error: default_decision must be a string\n"],
];

for (const [name, flags, message] of faults) {
  test(name, async () => {
    const child = spawn(process.execPath, [bin, "opa", "run", "--server", ...flags]);
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += chunk));
    const [status] = await once(child, "close");
    assert.deepEqual([status, text], [1, message]);
  });
}

test("an address that cannot be had is told in the log", async () => {
  const child = spawn(process.execPath, [bin, "opa", "run", "-s", "--addr", "127.0.0.1:99999"]);
  let text = "";
  child.stderr.on("data", (chunk) => (text += chunk));
  const [status] = await once(child, "close");
  assert.equal(status, 1);
  assert.match(text, /"err":"listen tcp: address 99999: invalid port","level":"error","msg":"Listener failed\."/);
});

test("the log and decisions go to a file where the configuration names one, and tell of prints where they stand", async (t) => {
  const set = (path: string, value: string) => `--set=${path}=${value}`;
  const { folder, child, send, log } = await start(t, { "a.rego": 'package a\n\np if print("here", input.n)' }, [
    set("plugins.file_logger.path", "logs/all.log"),
    set("decision_logs.plugin", "file_logger"),
    set("server.logger_plugin", "file_logger"),
  ]);
  await send("POST", "/v1/data/a/p", '{"input": {"n": 1}, "trace": "x"}');
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
  assert.deepEqual(log(), []);
  const lines = readFileSync(join(folder, "logs/all.log"), "utf8").trimEnd().split("\n");
  const entries = lines.map((line) => JSON.parse(line) as { readonly [field: string]: unknown });
  assert.deepEqual(
    [entries[0]?.["msg"], entries.at(-1)?.["msg"]],
    ["Initializing server.", "Stopping decision logger."],
  );
  const printed = entries.find(({ msg }) => msg === "here 1");
  assert.deepEqual([printed?.["line"], printed?.["req_path"]], ["a.rego:3", "/v1/data/a/p"]);
  const decision = entries.find(({ msg }) => msg === "Decision Log");
  assert.deepEqual([decision?.["path"], decision?.["result"]], ["a/p", true]);
  assert.deepEqual(decision?.["custom"], { request_metadata: { trace: "x" } });
});
