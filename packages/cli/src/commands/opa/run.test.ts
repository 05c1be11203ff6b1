import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { nodeArguments } from "../../../../../scripts/node-arguments.ts";

interface Shell {
  readonly type: (line: string) => void;
  readonly save: (text: string) => void;
  /** What was printed since the last one, up to a text. */
  readonly until: (text: string) => Promise<string>;
}

/** `opa run --watch` over one file. */
function watching(t: TestContext, text: string): Shell {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-run-"));
  const save = (changed: string) => writeFileSync(join(folder, "p.rego"), changed);
  save(text);
  const run = spawn(process.execPath, [...nodeArguments, "opa", "run", "--watch", "p.rego"], { cwd: folder });
  let printed = "";
  run.stdout.setEncoding("utf8").on("data", (more: string) => {
    printed += more;
  });
  t.after(() => {
    run.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  const until = async (wanted: string): Promise<string> => {
    for (;;) {
      const end = printed.indexOf(wanted);
      const found = printed.slice(0, end + wanted.length);
      if (end >= 0) printed = printed.slice(found.length);
      if (end >= 0) return found;
      await new Promise((resolve) => run.stdout.once("data", resolve));
    }
  };
  return { type: (line) => void run.stdin.write(`${line}\n`), save, until };
}

test("a shell that watches tells of each reload, and goes on with what it had where that fails", {
  timeout: 60_000,
}, async (t) => {
  const shell = watching(t, "package p\n\nx := 1\n");
  await shell.until("commands.\n\n");
  shell.type("data.p.x");
  assert.equal(await shell.until("\n"), "1\n");
  shell.save("package p\n\nx := 2\n");
  assert.match(await shell.until(")"), /^\n# reloaded files \(took [\d.]+(?:µs|ms|s)\)$/);
  shell.type("data.p.x");
  assert.equal(await shell.until("\n"), "2\n");
  shell.save("package p\n\nx := y\n");
  assert.match(
    await shell.until("is unsafe"),
    /^\n# reload error \(took [\d.]+(?:µs|ms|s)\): 1 error occurred: p\.rego:3: rego_unsafe_var_error: var y is unsafe$/,
  );
  shell.type("data.p.x");
  assert.equal(await shell.until("\n"), "2\n");
});
