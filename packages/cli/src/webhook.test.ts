import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:https";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, type Connection, kubeconfigConnection } from "@sallyport/cluster";
import { StatusError } from "@sallyport/kube";
import { type Gatehouse, openGatehouse } from "./gatehouse.ts";
import { openWebhook, type RunningWebhook, type WebhookOptions, webhookPlugins } from "./webhook.ts";

const daySeconds = 24 * 60 * 60;
const hooks = "/apis/admissionregistration.k8s.io/v1";
const policy = {
  name: "images",
  file: "images.rego",
  text: `package kubernetes.admission
import rego.v1
deny contains msg if {
  some container in input.request.object.spec.containers
  startswith(container.image, "evil/")
  msg := sprintf("image %v is evil", [container.image])
}`,
};

interface Bed {
  readonly gatehouse: Gatehouse;
  readonly connection: Connection;
  readonly client: Client;
  /** Starts a replica. */
  readonly replica: (options?: Partial<WebhookOptions>) => Promise<RunningWebhook>;
}

async function withApiServer(run: (bed: Bed) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-webhook-"));
  const gatehouse = await openGatehouse({
    folder,
    host: "127.0.0.1",
    port: 0,
    memory: true,
    chain: {},
    onFault: (error) => assert.fail(String(error)),
  });
  const connection = kubeconfigConnection(gatehouse.kubeconfigFile, { environment: {}, now: Date.now });
  const client = new Client(connection);
  await client.ask("/api/v1/namespaces", { method: "POST", body: { metadata: { name: "sallyport" } } });
  const configurations = { mutating: ["sallyport"], validating: ["sallyport"] };
  const tls = { secret: { namespace: "sallyport", name: "tls" }, names: ["localhost"], configurations };
  const usual = { connection, host: "127.0.0.1", port: 0, chain: {}, plugins: [], policies: [policy], replicate: [] };
  const running: RunningWebhook[] = [];
  try {
    await run({
      gatehouse,
      connection,
      client,
      replica: async (options = {}) => {
        const webhook = await openWebhook({ ...usual, tls, drainMs: 300, say: () => {}, ...options });
        running.push(webhook);
        while ((await probe(webhook.server.url, "/readyz")) !== 200) await sleep(20);
        return webhook;
      },
    });
  } finally {
    await Promise.all(running.map((each) => each.close()));
    client.close();
    await gatehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** The code that a path answers; 0 when nothing does. */
function probe(url: string, path: string): Promise<number> {
  return new Promise((resolve) => {
    const outgoing = request(`${url}${path}`, { rejectUnauthorized: false, agent: false }, (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode ?? 0);
    });
    outgoing.on("error", () => resolve(0));
    outgoing.end();
  });
}

async function register(client: Client, url: string): Promise<void> {
  const { data } = (await client.ask("/api/v1/namespaces/sallyport/secrets/tls")) as { data: { "ca.crt": string } };
  const webhook = {
    name: "validate.sallyport.dev",
    clientConfig: { url: `${url.replace("127.0.0.1", "localhost")}/validate`, caBundle: data["ca.crt"] },
    rules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["CREATE"] }],
    failurePolicy: "Fail",
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
  };
  const body = { metadata: { name: "sallyport" }, webhooks: [webhook] };
  await client.ask(`${hooks}/validatingwebhookconfigurations`, { method: "POST", body });
}

/** What creating a pod is answered: `created`, or the refusal. Nothing is stored. */
async function create(client: Client, image: string): Promise<string> {
  const body = { metadata: { name: "p" }, spec: { containers: [{ name: "a", image }] } };
  try {
    await client.ask("/api/v1/namespaces/default/pods?dryRun=All", { method: "POST", body });
    return "created";
  } catch (error) {
    if (error instanceof StatusError) return error.message;
    throw error;
  }
}

const refused =
  'admission webhook "validate.sallyport.dev" denied the request: image evil/x is evil (policy images.rego:3, field spec.containers[0].image)';

test("an API server is answered by a webhook that made its own certificate", async () => {
  await withApiServer(async ({ client, replica }) => {
    const { server } = await replica();
    await register(client, server.url);
    assert.equal(await create(client, "good"), "created");
    assert.equal(await create(client, "evil/x"), refused);
    const configMap = { metadata: { name: "more" }, data: { "m.rego": policy.text.replaceAll("evil", "bad") } };
    await client.ask("/api/v1/namespaces", { method: "POST", body: { metadata: { name: "opa" } } });
    await client.ask("/api/v1/namespaces/opa/configmaps", { method: "POST", body: configMap });
    for (let tries = 0; (await create(client, "bad/x")) === "created" && tries < 100; tries++) await sleep(20);
    assert.match(await create(client, "bad/x"), /image bad\/x is bad/);
  });
});

test("policies read what is replicated, and mutations come as patches", async () => {
  await withApiServer(async ({ client, replica }) => {
    const text = `package kubernetes.admission
import rego.v1
deny contains msg if {
  input.request.operation == "CREATE"
  count(data.kubernetes.namespaces) < 3
  msg := "too few namespaces"
}`;
    const { server } = await replica({ policies: [{ ...policy, text }], plugins: ["AlwaysPullImages"] });
    const answer = (await ask(server.url, "/mutate", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace: "default" },
      spec: { containers: [{ name: "a", image: "x", imagePullPolicy: "IfNotPresent" }] },
    })) as { readonly response: { readonly patch: string } };
    assert.match(Buffer.from(answer.response.patch, "base64").toString(), /imagePullPolicy","value":"Always/);
    await register(client, server.url);
    assert.equal(await create(client, "x"), "created");
  });
});

function ask(url: string, path: string, object: object): Promise<unknown> {
  const review = {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "u",
      kind: { group: "", version: "v1", kind: "Pod" },
      resource: { group: "", version: "v1", resource: "pods" },
      name: "p",
      namespace: "default",
      operation: "CREATE",
      userInfo: { username: "jane" },
      object,
    },
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}${path}`, { method: "POST", rejectUnauthorized: false }, async (incoming) => {
      let text = "";
      for await (const chunk of incoming) text += chunk;
      resolve(JSON.parse(text));
    });
    outgoing.on("error", reject);
    outgoing.end(JSON.stringify(review));
  });
}

/** As a Service does: connections go to those replicas in turn that say they are ready. */
async function balance(replicas: Set<RunningWebhook>) {
  const ready = new Set<RunningWebhook>(replicas);
  let turn = 0;
  const look = setInterval(async () => {
    for (const each of replicas)
      if ((await probe(each.server.url, "/readyz")) === 200) ready.add(each);
      else ready.delete(each);
  }, 50);
  const server = createServer((incoming) => {
    const chosen = [...ready][turn++ % ready.size] as RunningWebhook;
    const outgoing = connect(Number(new URL(chosen.server.url).port), "127.0.0.1");
    incoming.pipe(outgoing).pipe(incoming);
    for (const each of [incoming, outgoing]) each.on("error", () => [incoming, outgoing].map((one) => one.destroy()));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ready,
    close: () => {
      clearInterval(look);
      server.close();
    },
  };
}

test("no request fails while certificates and their authority are renewed and replicas are replaced", async () => {
  await withApiServer(async ({ client, replica }) => {
    const seconds = (count: number) => count / daySeconds;
    const configurations = { mutating: [], validating: ["sallyport"] };
    const lives = { leafDays: seconds(9), caDays: seconds(15), overlapMs: 1500, everyMs: 100 };
    const tls = { secret: { namespace: "sallyport", name: "tls" }, names: ["localhost"], configurations, lives };
    const replicas = new Set([await replica({ tls }), await replica({ tls })]);
    const balancer = await balance(replicas);
    try {
      await register(client, balancer.url);
      const answers = new Map<string, number>();
      let isOver = false;
      const load = [0, 1, 2].map(async (worker) => {
        while (!isOver) {
          const answer = await create(client, worker === 0 ? "evil/x" : "good");
          answers.set(answer, (answers.get(answer) ?? 0) + 1);
          await sleep(10);
        }
      });
      const first = await signer(client);
      for (let tries = 0; tries < 300 && (await signer(client)) === first; tries++) {
        await sleep(100);
        if (tries % 40 === 20) await replace(replicas, () => replica({ tls }));
      }
      assert.notEqual(await signer(client), first, "the authority was never renewed");
      await sleep(500);
      isOver = true;
      await Promise.all(load);
      assert.deepEqual([...answers.keys()].sort(), [refused, "created"].sort());
    } finally {
      balancer.close();
    }
  });
});

async function signer(client: Client): Promise<string> {
  const { data } = (await client.ask("/api/v1/namespaces/sallyport/secrets/tls")) as { data: { "ca.crt": string } };
  return data["ca.crt"];
}

/** A rolling restart: a new one first, then the oldest goes. */
async function replace(replicas: Set<RunningWebhook>, start: () => Promise<RunningWebhook>): Promise<void> {
  const [oldest] = replicas;
  replicas.add(await start());
  await oldest?.close();
  replicas.delete(oldest as RunningWebhook);
}

test("plugins of an API server alone are refused", () => {
  for (const name of ["ResourceQuota", "ValidatingAdmissionWebhook"])
    assert.throws(() => webhookPlugins({ chain: {}, plugins: [name] }), /works within an API server only/);
  const names = webhookPlugins({ chain: {}, plugins: ["PodSecurity"] }).map(({ name }) => name);
  assert.deepEqual(names, ["PodSecurity", "RegoPolicies"]);
});
