import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { curl } from "./curl.ts";
import { FilterError, holds } from "./jq.ts";
import { Script } from "./script.ts";

/** Says that it runs, until a signal lets it end. */
const waits =
  "process.on('SIGINT', () => { console.log('bye'); process.exit(3); }); console.error('up'); setInterval(() => {}, 1000);";

async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-script-test-"));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a script whose program `NODE` is Node, and `up` a command that tells whether the process has begun. */
function run(script: string): Promise<string | undefined> {
  return inFolder((folder) => {
    writeFileSync(join(folder, "waits.js"), waits);
    return new Script(folder, {}, { processes: { NODE: [process.execPath] } }).run(script);
  });
}

test("a process in the background is told to end, and what it has told is looked at", async () => {
  const started = 'exec $NODE -e \'require("fs").writeFileSync("ready", ""); require("./waits.js")\' &it&';
  const isReady = 'retry exec $NODE -e \'require("fs").readFileSync("ready")\'';
  assert.equal(
    await run([started, isReady, "kill -INT it", "! wait it", "stdout bye", "stderr up"].join("\n")),
    undefined,
  );
});

test("faults of scripts name their line", async () => {
  const rows = [
    ["nonsense a", "line 1: nonsense a: unknown command nonsense"],
    ["# fine\nwait it", "line 2: wait it: no background process it"],
    ["kill it", "line 1: kill it: no background process it"],
  ] as const;
  for (const [script, fault] of rows) assert.equal(await run(script), fault);
});

test("what is left in the background ends with its script, and tells why it failed", async () => {
  const fault = await run("exec $NODE waits.js &it&\nretry stderr never");
  assert.equal(fault, "line 2: retry stderr never: failed: it: up\n");
});

test("jq holds as its exit code with -e tells", async () => {
  const rows = [
    ['{"a": 1}', ".a == 1", [], true],
    ['{"a": 1}', ".a == 2", [], false],
    ['{"a": 1}', ".b", [], false],
    ['{"a": 1}\n{"a": 2}', "length == 2", ["-s"], true],
    ["no json", ".", [], false],
    ["", ".", [], false],
  ] as const;
  for (const [text, filter, flags, expected] of rows) assert.equal(await holds(text, filter, flags), expected, filter);
  await assert.rejects(holds("{}", "no | | filter"), FilterError);
});

test("curl asks through a socket, and fails for what is refused", async () => {
  await inFolder(async (folder) => {
    const server = createServer(async (incoming, answer) => {
      let body = "";
      for await (const part of incoming.setEncoding("utf8")) body += part as string;
      answer.statusCode = incoming.url === "/missing" ? 404 : 200;
      answer.end(`${incoming.method} ${incoming.url} ${incoming.headers["content-type"]} ${body}`);
    });
    await new Promise<void>((done) => server.listen(join(folder, "s.sock"), done));
    const ask = (...words: readonly string[]) => curl(folder, ["-sf", "--unix-socket", "s.sock", ...words]);
    assert.equal((await ask("http://localhost/a?b")).out, "GET /a?b undefined ");
    assert.equal((await ask("-H", "Content-Type: text/x", "-d", "{}", "http://h/a")).out, "POST /a text/x {}");
    assert.deepEqual(await ask("http://localhost/missing"), { status: 22, out: "", err: "answered with 404" });
    await new Promise((done) => server.close(done));
    assert.equal((await ask("http://localhost/a")).status, 7);
  });
});
