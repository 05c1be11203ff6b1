import assert from "node:assert/strict";
import { existsSync, linkSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SourceError } from "../source-error.ts";
import { claimSocket } from "./plugin-socket.ts";

test("a socket is taken where nobody listens, and nothing else is", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-socket-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "kms.sock");
  assert.equal(await claimSocket(`unix://${path}`), path);
  const server = createServer();
  await new Promise<void>((done) => server.listen(path, done));
  await assert.rejects(claimSocket(`unix://${path}`), new SourceError(`${path}: somebody listens there already`));
  // Another name keeps what a process leaves that was killed.
  linkSync(path, `${path}-stale`);
  await new Promise((done) => server.close(done));
  assert.equal(await claimSocket(`unix://${path}-stale`), `${path}-stale`);
  assert.ok(!existsSync(`${path}-stale`));
  writeFileSync(path, "precious");
  await assert.rejects(claimSocket(`unix://${path}`), new SourceError(`${path}: is no socket, and is left as it is`));
  assert.ok(existsSync(path));
  for (const wrong of ["tcp://127.0.0.1:1", "unix://kms.sock", "/run/kms.sock", "unix:///@kms", ""])
    await assert.rejects(claimSocket(wrong), new SourceError(`--listen ${wrong}: expected unix:///PATH of a socket`));
  await assert.rejects(claimSocket(`unix:///${"x".repeat(120)}`), /the path has more than 107 bytes$/);
});
