import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { type Bed, withServer } from "../server.fixture.ts";
import type { ApiServerOptions } from "../server.ts";
import { loadCertificates } from "./certificates.ts";
import { protocols, serveHttp2 } from "./http2.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const token = "admin";
const authorization = `Bearer ${token}`;

interface Answer {
  readonly head: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many kinds
  readonly body: any;
}

type Ask = (path: string, body?: object | string, headers?: object) => Promise<Answer>;

function openStream(session: ClientHttp2Session, path: string, headers: object = {}): ClientHttp2Stream {
  const stream = session.request({ ":path": path, authorization, ...headers });
  stream.on("error", () => {});
  return stream;
}

function asker(session: ClientHttp2Session): Ask {
  return (path, body, headers = {}) =>
    new Promise((done, fail) => {
      const method = body === undefined ? "GET" : "POST";
      const stream = session.request({
        ":path": path,
        ":method": method,
        authorization,
        "content-type": "application/json",
        ...headers,
      });
      let head: IncomingHttpHeaders = {};
      let text = "";
      stream.setEncoding("utf8").on("response", (given) => {
        head = given;
      });
      stream.on("data", (chunk) => {
        text += chunk;
      });
      stream.on("end", () => done({ head, body: text.startsWith("{") ? parsed(text) : text }));
      stream.on("error", fail);
      stream.end(typeof body === "object" ? JSON.stringify(body) : body);
    });
}

/** One object, or the lines of a watch. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  }
}

async function withHttp2(
  run: (bed: Bed & { readonly session: ClientHttp2Session; readonly ask: Ask }) => Promise<void>,
  options: Partial<ApiServerOptions> = {},
): Promise<void> {
  const user = { username: "admin", groups: ["system:masters"] };
  await withServer(
    async (bed) => {
      const session = connect(bed.server.url, { rejectUnauthorized: false });
      session.on("error", () => {});
      try {
        await run({ ...bed, session, ask: asker(session) });
      } finally {
        session.destroy();
      }
    },
    { authentication: { tokens: [{ token, user }] }, ...options },
  );
}

/** What an open connection counts as long as it is used. */
async function gauge({ call }: Bed, pattern: RegExp): Promise<number> {
  return Number(pattern.exec(String((await call("/metrics")).body))?.[1] ?? 0);
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isDone()); tries++) {
    assert.ok(tries < 400, "it never came");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("HTTP/2 is spoken with who offers it, HTTP/1.1 with all others", () =>
  withServer(async ({ server }) => {
    const { hostname, port } = new URL(server.url);
    const spoken = (ALPNProtocols: string[]) =>
      new Promise((done, fail) => {
        const socket = connectTls(
          { host: hostname, port: Number(port), rejectUnauthorized: false, ALPNProtocols },
          () => {
            done(socket.alpnProtocol);
            socket.destroy();
          },
        ).on("error", fail);
      });
    assert.deepEqual(
      [await spoken(["h2", "http/1.1"]), await spoken(["http/1.1"]), await spoken([])],
      ["h2", "http/1.1", false],
    );
  }));

test("over one connection: writes, lists, watches, impersonation, bodies that are too large, proxies that are not there", () =>
  withHttp2(async ({ ask }) => {
    assert.equal((await ask(maps, { metadata: { name: "a" } })).head[":status"], 201);
    const [list, watched, version] = await Promise.all([
      ask(maps),
      ask(`${maps}?watch=true&timeoutSeconds=1`),
      ask("/version"),
    ]);
    assert.ok(list.body.items.length >= 1);
    assert.ok(
      watched.body.some(({ type, object }: Answer["body"]) => type === "ADDED" && object.metadata.name === "a"),
    );
    assert.equal(version.body.major, "1");
    const review = await ask(
      "/apis/authentication.k8s.io/v1/selfsubjectreviews",
      {},
      {
        "impersonate-user": "jane",
        "impersonate-group": ["a", "b,c"],
      },
    );
    assert.deepEqual(review.body.status.userInfo.groups, ["a", "b,c", "system:authenticated"]);
    assert.equal((await ask(maps, "x".repeat(4e6))).head[":status"], 413);
    assert.equal((await ask("/api/v1/nodes/n/proxy/x")).head[":status"], 404);
    assert.equal((await ask(maps, undefined, { authorization: "Bearer nobody" })).head[":status"], 401);
  }));

test("a client certificate is that of the connection, for all its streams", () =>
  withServer(async ({ server }) => {
    const config = server.kubeconfig();
    const [cert, key] = ["client-certificate-data", "client-key-data"].map((name) =>
      Buffer.from(new RegExp(`${name}"?: "?([\\w+/=]+)`).exec(config)?.[1] ?? "", "base64"),
    );
    const session = connect(server.url, { rejectUnauthorized: false, cert, key });
    const ask = asker(session);
    const names = await Promise.all(
      ["a", "b"].map(async () => {
        const { body } = await ask("/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, { authorization: "" });
        return body.status.userInfo.groups.includes("system:masters");
      }),
    );
    assert.deepEqual(names, [true, true]);
    session.destroy();
  }));

test("a connection ends when it has had no stream for a while, and not while it has one", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-http2-"));
  const { server: own } = await loadCertificates(folder, "127.0.0.1");
  const server = createServer({ cert: own.certificate, key: own.key, ALPNProtocols: [...protocols] });
  const held: ServerResponse[] = [];
  const idleMs = 150;
  const end = serveHttp2(
    server,
    (request, response) => {
      if (request.url === "/held") held.push(response);
      else response.end("{}");
    },
    idleMs,
  );
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const session = connect(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, { rejectUnauthorized: false });
  const ask = asker(session);
  const answer = ask("/held");
  await until(async () => held.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 4 * idleMs));
  assert.equal((await ask("/")).head[":status"], 200);
  const closed = new Promise((done) => session.once("close", done));
  held[0]?.end("{}");
  assert.equal((await answer).head[":status"], 200);
  await closed;
  end();
  server.close();
  rmSync(folder, { recursive: true });
});

test("streams that are given up leave nothing behind: no watch, no seat", () =>
  withHttp2(async (bed) => {
    const watches = /apiserver_longrunning_requests\{[^}]*"configmaps"[^}]*"WATCH"[^}]*\} (\d+)/;
    const writes = /apiserver_current_inflight_requests\{request_kind="mutating"\} (\d+)/;
    const streams = Array.from({ length: 20 }, (_, i) =>
      i % 2 === 0
        ? openStream(bed.session, `${maps}?watch=true`).resume()
        : openStream(bed.session, maps, { ":method": "POST" }),
    );
    await until(async () => (await gauge(bed, watches)) === 10 && (await gauge(bed, writes)) === 10);
    for (const each of streams) each.close();
    await until(async () => (await gauge(bed, watches)) === 0 && (await gauge(bed, writes)) === 0);
  }));

test("a watcher that reads nothing holds up no other stream of its connection, and goes on where it was", () =>
  withHttp2(async ({ session, ask, call }) => {
    const slow = openStream(
      session,
      `${maps}?watch=true&resourceVersion=0&fieldSelector=metadata.name!=kube-root-ca.crt`,
    );
    slow.pause();
    const names = Array.from({ length: 12 }, (_, i) => `m${i}`);
    for (const name of names)
      assert.equal((await call(maps, { body: { metadata: { name }, data: { a: "x".repeat(700_000) } } })).code, 201);
    assert.equal((await ask(`${maps}/m3`)).head[":status"], 200);
    const seen: string[] = [];
    let rest = "";
    for await (const chunk of slow.setEncoding("utf8")) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) seen.push(JSON.parse(line).object.metadata.name);
      if (seen.length >= names.length) break;
    }
    assert.deepEqual(seen, names);
  }));
