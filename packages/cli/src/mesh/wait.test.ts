import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { nodeArguments } from "../../../../scripts/node-arguments.ts";

/** Exit status and what was said, before a sidecar that is ready after so many questions. */
async function wait(readyAfter: number, timeout: string): Promise<readonly [number, string]> {
  let asked = 0;
  const server = createServer((_, response) => {
    const isReady = asked++ >= readyAfter;
    response.writeHead(isReady ? 200 : 503).end(isReady ? "ready\n" : "there is no certificate yet\n");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/healthz/ready`;
  const words = [...nodeArguments, "mesh", "wait", "--url", url, "--timeout", timeout];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    said += text;
  });
  const [status] = await once(child, "close");
  server.close();
  server.closeAllConnections();
  return [status, said.replace(url, "URL")];
}

test("waits until a sidecar is ready, and no longer than it is told", async () => {
  assert.deepEqual(await wait(2, "30s"), [0, ""]);
  assert.deepEqual(await wait(Number.POSITIVE_INFINITY, "1s"), [
    1,
    "sallyport: URL: not ready within 1s: there is no certificate yet\n",
  ]);
});
