import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { describeCertificates } from "@sallyport/mesh/identity";
import { openAuthority } from "./authority.fixture.ts";
import { type AgentFlags, runAgent } from "./run-agent.ts";

/** An authority that knows the token `cart`, and agents that ask it. */
async function bedFor(t: TestContext) {
  const { place, serve, askedAt, remove } = await openAuthority("cart");
  const service = await serve(0);
  const stop = new AbortController();
  const said: string[] = [];
  const agents: Promise<unknown>[] = [];
  t.after(async () => {
    stop.abort();
    await Promise.allSettled(agents);
    await service.close(100);
    remove();
  });
  const flags: AgentFlags = askedAt(service.port);
  const run = (over: Partial<AgentFlags>) => {
    const agent = runAgent({ ...flags, ...over }, (text) => void said.push(text), stop.signal);
    agents.push(agent);
    return agent;
  };
  return { place, run, stop, said };
}

async function eventually(look: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !look(); tries++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(look(), "it did not come");
}

const id = "spiffe://cluster.local/ns/shop/sa/cart";

function idIn(folder: string): string {
  const text = (name: string) => readFileSync(join(folder, name), "utf8");
  const { chain } = describeCertificates(text("cert-chain.pem"), Date.now(), text("root-cert.pem"));
  return chain !== undefined && "id" in chain ? chain.id : JSON.stringify(chain);
}

test("files are written once, the key for its owner alone", async (t) => {
  const { place, run } = await bedFor(t);
  assert.equal(await run({ folder: place("certs"), once: true }), 0);
  assert.equal(idIn(place("certs")), id);
  assert.equal(statSync(place("certs/key.pem")).mode & 0o777, 0o600);
});

test("who is refused gets no files, and status 1", async (t) => {
  const { place, run, said } = await bedFor(t);
  writeFileSync(place("token"), "canary");
  assert.equal(await run({ folder: place("certs"), once: true }), 1);
  assert.equal(existsSync(place("certs")), false);
  assert.match(said[0] ?? "", /^no certificate: UNAUTHENTICATED: the token was refused; .* asked again in/);
  assert.doesNotMatch(said.join(), /canary/);
});

test("a token that is missing is told by its file", async (t) => {
  const { place, run, said } = await bedFor(t);
  rmSync(place("token"));
  void run({ folder: place("certs") });
  await eventually(() => said.length > 0);
  assert.match(said[0] ?? "", /token: no such file or directory/);
  writeFileSync(place("token"), "cart");
  await eventually(() => existsSync(place("certs/cert-chain.pem")));
  assert.equal(idIn(place("certs")), id);
});

test("the socket is its user's and group's, and gone at the end; one that a killed agent left is taken over", async (t) => {
  const { place, run, stop } = await bedFor(t);
  const socket = place("w.sock");
  const left = createServer().listen(socket);
  await new Promise((resolve) => left.once("listening", resolve));
  await assert.rejects(run({ workloadApi: `unix://${socket}` }), {
    name: "UsageError",
    message: /somebody listens at .*w\.sock already/,
  });
  await new Promise((resolve) => left.close(resolve));
  const agent = run({ workloadApi: `unix://${socket}` });
  await eventually(() => existsSync(socket));
  assert.equal(statSync(socket).mode & 0o777, 0o660);
  stop.abort();
  assert.equal(await agent, 0);
  assert.equal(existsSync(socket), false);
});

const refused: readonly (readonly [Partial<AgentFlags>, RegExp])[] = [
  [{ caAddress: undefined, folder: "a" }, /^--ca-address : expected HOST:PORT/],
  [{ caAddress: "here", folder: "a" }, /^--ca-address here: expected HOST:PORT/],
  [{}, /^--workload-api or --folder: expected one/],
  [{ once: true, workloadApi: "unix:///a" }, /^--once: expected --folder/],
  [{ folder: "a", certificateLife: "1s" }, /^--certificate-life 1s: expected a duration from 1m/],
  [{ workloadApi: "tcp://a" }, /^--workload-api tcp:\/\/a: expected unix:\/\/\/PATH/],
  [{ workloadApi: `unix://${import.meta.filename}` }, /is no socket, and is left as it is/],
];

for (const [over, message] of refused)
  test(`mesh agent is refused in a line: ${message.source}`, async (t) => {
    const { run } = await bedFor(t);
    await assert.rejects(run(over), { name: "UsageError", message });
  });
