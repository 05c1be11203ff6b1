import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:https";
import { type TestContext, test } from "node:test";
import { createCa, createLeaf } from "@sallyport/pki";
import { defaultMesh } from "../policy/workload.ts";
import { TokenRefused } from "../token-review.ts";
import { type ConfigServer, type ConfigServerOptions, serveConfigs } from "./config-server.ts";
import { followConfig } from "./follow-config.ts";
import type { WorkloadConfig } from "./workload-config.ts";

const life = { now: Date.now(), days: 1 };
const authority = await createCa("CN=mesh", life);
const leaf = await createLeaf(authority, "CN=localhost", life, { names: ["localhost"], addresses: [] });

const configOf = (name: string, mode: "STRICT" | "PERMISSIVE"): WorkloadConfig => ({
  workload: { namespace: "shop", name, labels: {}, serviceAccount: "default" },
  mesh: defaultMesh,
  inbound: { mode, modes: {}, protocols: {} },
  policies: [],
  routes: [],
});

/** A server that knows the token `of-NAME`, and what it told of faults. */
async function serve(
  t: TestContext,
  config: ConfigServerOptions["configOf"],
): Promise<{ readonly server: ConfigServer; readonly faults: readonly string[] }> {
  const faults: string[] = [];
  const server = await serveConfigs({
    host: "localhost",
    port: 0,
    serving: () => leaf,
    review: async (token) => {
      if (token === "away") throw new Error("the API server is away");
      if (!token.startsWith("of-")) throw new TokenRefused("it is nobody's");
      return { namespace: "shop", pod: token.slice(3) };
    },
    configOf: config,
    onFault: ({ message }) => faults.push(message),
  });
  t.after(() => server.close());
  return { server, faults };
}

/** What a sidecar hears, one after the other. */
function listen(t: TestContext, port: number, token: string, roots = authority.certificate) {
  const heard: (WorkloadConfig | string)[] = [];
  let wake = () => {};
  const take = (each: WorkloadConfig | string) => {
    heard.push(each);
    wake();
  };
  const follow = followConfig({
    host: "localhost",
    port,
    roots: () => roots,
    token: () => token,
    onConfig: take,
    say: take,
    random: () => 0,
  });
  t.after(() => follow.close());
  return async (): Promise<WorkloadConfig | string> => {
    while (heard.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return heard.shift() as WorkloadConfig | string;
  };
}

test("a sidecar hears what is its pod's, and what changes", async (t) => {
  let mode: "STRICT" | "PERMISSIVE" | undefined;
  const { server } = await serve(t, ({ pod }) => (mode === undefined ? undefined : configOf(pod, mode)));
  const next = listen(t, server.port, "of-web");
  await new Promise((done) => setTimeout(done, 100));
  mode = "PERMISSIVE";
  server.changed();
  assert.deepEqual(await next(), configOf("web", "PERMISSIVE"));
  server.changed();
  mode = "STRICT";
  server.changed();
  // What is the same is not told again.
  assert.deepEqual(await next(), configOf("web", "STRICT"));
});

test("who shows no token of a pod hears nothing", async (t) => {
  const { server, faults } = await serve(t, ({ pod }) => configOf(pod, "STRICT"));
  assert.match(String(await listen(t, server.port, "forged")()), /answers 401: the token was refused; what is known/);
  assert.match(String(await listen(t, server.port, "away")()), /answers 503: the token could not be checked/);
  assert.deepEqual(faults.slice(0, 2).toSorted(), ["it is nobody's", "the API server is away"]);
  for (const [path, headers, expected] of [
    ["/v1/workload", {}, 401],
    ["/", { authorization: "Bearer of-web" }, 404],
  ] as const) {
    const asked = request({ host: "localhost", port: server.port, path, headers, ca: authority.certificate }).end();
    const [response] = await once(asked, "response");
    assert.equal(response.statusCode, expected);
    response.resume();
  }
});

test("a server that the roots do not prove is told no token", async (t) => {
  const { server } = await serve(t, ({ pod }) => configOf(pod, "STRICT"));
  const stranger = await createCa("CN=stranger", life);
  const said = await listen(t, server.port, "of-web", stranger.certificate)();
  assert.match(String(said), /no news of the cluster: .*(certificate|self-signed)/);
});

test("a sidecar comes again when the server has ended", async (t) => {
  const { server } = await serve(t, ({ pod }) => configOf(pod, "STRICT"));
  const next = listen(t, server.port, "of-web");
  assert.equal(typeof (await next()), "object");
  await server.close();
  assert.match(String(await next()), /no news of the cluster: .*ECONNREFUSED/);
});
