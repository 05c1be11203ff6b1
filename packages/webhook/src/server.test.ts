import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Decision, IncomingReview } from "@sallyport/admission";
import { createCa, createLeaf } from "@sallyport/pki";
import { certificateFiles, filesOf } from "./certificate-files.ts";
import { startWebhookServer, type WebhookServer, type WebhookServerOptions } from "./server.ts";

const life = { now: Date.now(), days: 2 };
const place = { names: ["localhost"], addresses: ["127.0.0.1"] };

async function pairOf(name: string) {
  const ca = await createCa(`CN=authority of ${name}`, life);
  return { ca: ca.certificate, ...(await createLeaf(ca, `CN=${name}`, life, place)) };
}

/** Admits what it is asked. */
const admits = async ({ request }: IncomingReview): Promise<Decision> => ({
  allowed: true,
  object: request.object,
  warnings: [],
  auditAnnotations: {},
  patchAnnotations: {},
  steps: [],
});

type Serve = (server: WebhookServer, ca: string) => Promise<void>;

async function serving(options: Partial<WebhookServerOptions>, use: Serve): Promise<void> {
  const pair = await pairOf("hook");
  const server = await startWebhookServer({
    host: "127.0.0.1",
    port: 0,
    tls: { current: () => pair, onChange: () => {}, close: () => {} },
    decide: admits,
    notReady: () => undefined,
    ticks: () => performance.now(),
    onFault: () => {},
    drainMs: 0,
    ...options,
  });
  try {
    await use(server, pair.ca);
  } finally {
    await server.close();
  }
}

interface Answer {
  readonly code: number;
  readonly body: string;
  readonly subject: string;
  /** How long the server keeps the connection open. */
  readonly keepAlive: string | undefined;
}

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
  readonly tls?: object;
  readonly agent?: Agent;
}

function ask(server: WebhookServer, ca: string, sent: Sent = {}): Promise<Answer> {
  const {
    method = "POST",
    path = "/validate",
    body = review(),
    tls = {},
    agent = new Agent({ keepAlive: false }),
  } = sent;
  return new Promise((resolve, reject) => {
    const outgoing = request(`${server.url}${path}`, { method, ca, agent, ...tls }, async (incoming) => {
      const certificate = (
        incoming.socket as unknown as { getPeerCertificate(): { subject: { CN: string } } }
      ).getPeerCertificate();
      let text = "";
      for await (const chunk of incoming.setEncoding("utf8")) text += chunk;
      const keepAlive = incoming.headers["keep-alive"] as string | undefined;
      resolve({ code: incoming.statusCode ?? 0, body: text, subject: certificate.subject?.CN, keepAlive });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function review(object: object = pod, changed: object = {}): string {
  const asked = {
    uid: "u",
    kind: { group: "", version: "v1", kind: "Pod" },
    resource: { group: "", version: "v1", resource: "pods" },
    operation: "CREATE",
    userInfo: { username: "jane" },
    object,
    ...changed,
  };
  return JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: asked });
}

const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "default" } };

test("a review is answered with its uid", () =>
  serving({}, async (server, ca) => {
    const { code, body } = await ask(server, ca);
    assert.deepEqual([code, JSON.parse(body).response], [200, { uid: "u", allowed: true }]);
  }));

test("connections stay open for longer than an API server, which gives them up after 90 seconds, may use them again", () =>
  serving({}, async (server, ca) => {
    const agent = new Agent({ keepAlive: true });
    assert.equal((await ask(server, ca, { agent })).keepAlive, "timeout=120");
    agent.destroy();
  }));

const refusals: { readonly [what: string]: readonly [sent: Sent, code: number, text: string] } = {
  "no JSON": [{ body: "<html>" }, 400, "the body must be an AdmissionReview"],
  nothing: [{ body: "" }, 400, "the body must be an AdmissionReview"],
  "a list": [{ body: "[]" }, 400, "the body must be an AdmissionReview"],
  "another kind": [{ body: JSON.stringify(pod) }, 400, "the body must be an AdmissionReview"],
  "another version": [
    { body: JSON.stringify({ kind: "AdmissionReview", apiVersion: "admission.k8s.io/v2" }) },
    400,
    'apiVersion "admission.k8s.io/v2" is none of admission.k8s.io/v1, admission.k8s.io/v1beta1',
  ],
  "no uid": [{ body: review(pod, { uid: "" }) }, 400, "request.uid must be a text"],
  "an operation that is none": [
    { body: review(pod, { operation: "EAT" }) },
    400,
    "request.operation must be one of CREATE, UPDATE, DELETE, CONNECT",
  ],
  "an object that is none": [
    { body: review(pod, { object: 7 }) },
    400,
    "request.object must be an object with kind and metadata",
  ],
  GET: [{ method: "GET", body: "" }, 405, "reviews are sent by POST"],
  "another path": [{ path: "/other" }, 404, "nothing is served at /other; reviews go to /mutate and /validate"],
};

for (const [what, [sent, code, text]] of Object.entries(refusals))
  test(`${what} is refused with ${code}`, () =>
    serving({}, async (server, ca) => {
      const answer = await ask(server, ca, sent);
      assert.deepEqual([answer.code, answer.body], [code, text]);
    }));

test("a body of 8 MiB is read, a larger one refused", () =>
  serving({}, async (server, ca) => {
    const text = (size: number) => review({ ...pod, data: "x".repeat(size - review({ ...pod, data: "" }).length) });
    assert.equal((await ask(server, ca, { body: text(8 * 1024 * 1024) })).code, 200);
    const answer = await ask(server, ca, { body: text(8 * 1024 * 1024 + 1) }).catch((error) => error);
    // A client that goes on writing may find the connection closed before it reads the answer.
    assert.ok(answer.code === 413 || ["EPIPE", "ECONNRESET"].includes(answer.code), String(answer.code));
    assert.equal((await ask(server, ca)).code, 200);
  }));

test("deep and wide objects are answered, and what comes after them", () =>
  serving({}, async (server, ca) => {
    const depth = 100_000;
    const deep = review(pod).replace('"name":"p"', `"name":"p","x":${"[".repeat(depth)}${"]".repeat(depth)}`);
    const wide = review({ ...pod, data: Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i])) });
    for (const body of [deep, wide]) assert.equal((await ask(server, ca, { body })).code, 200);
    assert.equal((await ask(server, ca)).code, 200);
  }));

test("no decision within the caller's time is told before that is over", () =>
  serving({ decide: () => new Promise(() => {}) }, async (server, ca) => {
    const { code, body } = await ask(server, ca, { path: "/validate?timeout=0.1s" });
    assert.deepEqual([code, body], [504, "no decision within the caller's timeout"]);
  }));

test("a decision that fails answers nothing, and the next review is answered", () => {
  const faults: unknown[] = [];
  let calls = 0;
  const decide = (asked: IncomingReview) => (calls++ === 0 ? Promise.reject(new Error("lost")) : admits(asked));
  return serving({ decide, onFault: (error) => faults.push(error) }, async (server, ca) => {
    await assert.rejects(ask(server, ca));
    assert.equal((faults[0] as Error).message, "lost");
    assert.equal((await ask(server, ca)).code, 200);
  });
});

test("reviews wait for what they are decided by; probes tell why", () =>
  serving({ notReady: () => "still reading" }, async (server, ca) => {
    const probe = (path: string) => ask(server, ca, { method: "GET", path, body: "" });
    const answers = await Promise.all([ask(server, ca), probe("/readyz"), probe("/healthz")]);
    assert.deepEqual(
      answers.map(({ code, body }) => [code, body]),
      [
        [503, "still reading"],
        [503, "still reading"],
        [200, "ok"],
      ],
    );
  }));

test("only clients of the configured authority may ask; probes need no certificate", async () => {
  const [friend, stranger] = [await createCa("CN=friends", life), await createCa("CN=strangers", life)];
  const clientOf = async (ca: typeof friend) => {
    const { certificate, key } = await createLeaf(ca, "CN=apiserver", life);
    return { cert: certificate, key };
  };
  const [known, unknown] = [await clientOf(friend), await clientOf(stranger)];
  await serving({ clientCa: friend.certificate }, async (server, ca) => {
    const codes = [{ tls: known }, { tls: unknown }, {}].map(async (sent) => (await ask(server, ca, sent)).code);
    assert.deepEqual(await Promise.all(codes), [200, 403, 403]);
    assert.equal((await ask(server, ca, { method: "GET", path: "/readyz", body: "" })).code, 200);
  });
});

test("certificates of files are served when both files fit each other", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-tls-"));
  const files = filesOf(folder);
  const [first, second] = [await pairOf("first"), await pairOf("second")];
  const write = ({ certificate, key }: { certificate?: string; key?: string }) => {
    if (certificate !== undefined) writeFileSync(files.certificate, certificate);
    if (key !== undefined) writeFileSync(files.key, key);
  };
  const faults: string[] = [];
  const next = { fault: () => {}, change: () => {} };
  try {
    write(first);
    const tls = certificateFiles(files, (error) => {
      faults.push(error.message);
      next.fault();
    });
    tls.onChange(() => next.change());
    await serving({ tls }, async (server) => {
      assert.equal((await ask(server, first.ca)).subject, "first");
      const told = new Promise<void>((done) => (next.fault = done));
      write({ certificate: second.certificate });
      await told;
      assert.match(faults[0] ?? "", /are no certificate and the key that belongs to it$/);
      assert.equal((await ask(server, first.ca)).subject, "first");
      const changed = new Promise<void>((done) => (next.change = done));
      write({ key: second.key });
      await changed;
      assert.equal((await ask(server, second.ca)).subject, "second");
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("files that hold no certificate are told at the start", () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-tls-"));
  const files = filesOf(folder);
  const refusal = { name: "CertificateError", message: `${files.certificate}: no such file or directory` };
  try {
    assert.throws(() => certificateFiles(files, () => {}), refusal);
    for (const file of [files.certificate, files.key]) writeFileSync(file, "x");
    assert.throws(
      () => certificateFiles(files, () => {}),
      /tls.key are no certificate and the key that belongs to it$/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what was begun is answered before the server ends, and its probe says that it goes", async () => {
  let release = () => {};
  const held = new Promise<void>((done) => (release = done));
  let begun = () => {};
  const asked = new Promise<void>((done) => (begun = done));
  const decide = async (each: IncomingReview) => {
    begun();
    await held;
    return admits(each);
  };
  const agent = new Agent({ keepAlive: true });
  await serving({ decide, drainMs: 200 }, async (server, ca) => {
    await ask(server, ca, { method: "GET", path: "/readyz", body: "", agent });
    const answer = ask(server, ca);
    await asked;
    const closing = server.close();
    const probe = await ask(server, ca, { method: "GET", path: "/readyz", body: "", agent });
    assert.deepEqual([probe.code, probe.body], [503, "shutting down"]);
    release();
    assert.equal((await answer).code, 200);
    await closing;
    await assert.rejects(ask(server, ca));
  });
});
