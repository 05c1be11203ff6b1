import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { type TestContext, test } from "node:test";
import { createCa, createLeaf } from "@sallyport/pki";
import { type Bed, withServer } from "../../server.fixture.ts";
import type { ApiServerOptions } from "../../server.ts";

/** Requests are never handed on to the machine's own loopback, so what listens behind the server is elsewhere. */
const address = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(
    ({ family, internal, address: text }) => family === "IPv4" && !internal && !text.startsWith("169.254."),
  )?.address;
const skip = address === undefined ? "this machine has no address but its loopback" : false;

const life = { now: Date.now(), days: 1 };
const namespace = "/api/v1/namespaces/default";

/** Tells what it was asked, or gives what its path says. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? "/", "http://behind");
  if (pathname === "/page")
    response
      .writeHead(200, { "content-type": "text/html" })
      .end(`<a href="/next">x</a><img src="http://${address}:${request.socket.localPort}/i.png"><p title="/not">`);
  else if (pathname === "/moved") response.writeHead(302, { location: "/next" }).end();
  else if (pathname === "/hangs") response.writeHead(200).write("begun");
  else {
    const { authorization, "x-forwarded-uri": uri, "impersonate-user": impersonated } = request.headers;
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const said = { method: request.method, url: request.url, authorization, uri, impersonated };
      const told = { ...said, body: Buffer.concat(chunks).toString("utf8") };
      response.writeHead(pathname === "/teapot" ? 418 : 200, { "content-type": "application/json", "x-own": "kept" });
      response.end(JSON.stringify(told));
    });
  }
}

interface World extends Bed {
  /** Of what speaks HTTP, and of what speaks TLS; the latter is also the node's kubelet. */
  readonly port: number;
  readonly tlsPort: number;
  /** What listens at the port. */
  readonly plain: Server;
}

/** A pod `p`, a service `s` with its endpoints and a node `n`, all of them one program behind the server. */
async function withBehind(
  t: TestContext,
  run: (world: World) => Promise<void>,
  kubelets: ApiServerOptions["kubelets"] = {},
  authority = createCa("CN=kubelets", life),
): Promise<void> {
  const leaf = await createLeaf(await authority, "CN=n", life, { names: [], addresses: [address as string] });
  const plain = createServer(answer);
  const tls = createTlsServer({ cert: leaf.certificate, key: leaf.key }, answer);
  const [port, tlsPort] = [await listening(t, plain), await listening(t, tls)];
  await withServer(
    async (bed) => {
      const { call } = bed;
      const made = async (path: string, body: object, status?: object) => {
        const created = await call(path, { body });
        assert.equal(created.code, 201, JSON.stringify(created.body));
        const { name } = created.body.metadata;
        if (status === undefined) return;
        const written = await call(`${path}/${name}/status`, merge({ status }));
        assert.equal(written.code, 200, JSON.stringify(written.body));
      };
      const containers = [{ name: "c", image: "i", ports: [{ containerPort: port }] }];
      const spec = { automountServiceAccountToken: false, containers };
      await made(`${namespace}/pods`, { metadata: { name: "p" }, spec }, { podIP: address, podIPs: [{ ip: address }] });
      await made(
        `${namespace}/pods`,
        { metadata: { name: "local" }, spec },
        {
          podIP: "127.0.0.1",
          podIPs: [{ ip: "127.0.0.1" }],
        },
      );
      const ports = [{ name: "web", port: 80, targetPort: port }];
      await made(`${namespace}/services`, { metadata: { name: "s" }, spec: { ports } });
      await made(`${namespace}/services`, { metadata: { name: "empty" }, spec: { ports } });
      await made("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
        metadata: { name: "s-1", labels: { "kubernetes.io/service-name": "s" } },
        addressType: "IPv4",
        endpoints: [{ addresses: [address], targetRef: { kind: "Pod", namespace: "default", name: "p" } }],
        ports: [{ name: "web", port }],
      });
      const daemonEndpoints = { kubeletEndpoint: { Port: tlsPort } };
      const status = { addresses: [{ type: "InternalIP", address }], daemonEndpoints };
      await made("/api/v1/nodes", { metadata: { name: "n" } }, status);
      await run({ ...bed, port, tlsPort, plain });
    },
    { kubelets },
  );
}

function merge(body: object) {
  return { method: "PATCH", type: "application/merge-patch+json", body };
}

async function listening(t: TestContext, server: Server & { closeAllConnections(): void }): Promise<number> {
  await new Promise<void>((done) => server.listen(0, address, done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Where a request leads, `PORT` and `TLS` in place of those of the world: the code, and the URL that was asked for behind. */
const places: readonly (readonly [path: string, code: number, asked: string | undefined, message?: string])[] = [
  ["/pods/p/proxy/hello?x=1&y=%2F", 200, "/hello?x=1&y=%2F"],
  ["/pods/p:PORT/proxy/", 200, "/"],
  ["/pods/http:p:PORT/proxy/a/b", 200, "/a/b"],
  ["/pods/https:p:TLS/proxy/a", 200, "/a"],
  ["/pods/p/proxy/teapot", 418, "/teapot"],
  ["/pods/ftp:p:PORT/proxy/a", 400, undefined, 'invalid pod request "ftp:p:PORT"'],
  ["/pods/none/proxy/a", 404, undefined, 'pods "none" not found'],
  ["/pods/local/proxy/a", 400, undefined, "address not allowed"],
  [
    "/pods/p:1/proxy/a",
    503,
    undefined,
    `error trying to reach service: dial tcp ${address}:1: connect: connection refused`,
  ],
  ["/services/s:web/proxy/a", 200, "/a"],
  ["/services/s:80/proxy/a", 200, "/a"],
  ["/services/http:s:web/proxy/a", 200, "/a"],
  ["/services/s:81/proxy/a", 503, undefined, 'no service port 81 found for service "s"'],
  ["/services/s:other/proxy/a", 503, undefined, 'no endpoints available for service "s"'],
  ["/services/empty:web/proxy/a", 503, undefined, 'no endpoints available for service "empty"'],
];

test("pods and services are reached by their names and ports", { skip }, (t) =>
  withBehind(t, async ({ call, port, tlsPort }) => {
    const filled = (text: string) => text.replace("PORT", String(port)).replace("TLS", String(tlsPort));
    for (const [path, code, asked, message] of places) {
      const { code: answered, body, headers } = await call(namespace + filled(path));
      assert.equal(answered, code, `${path}: ${JSON.stringify(body)}`);
      if (message !== undefined) assert.equal(body.message, filled(message), path);
      if (asked === undefined) continue;
      assert.equal(body.url, asked, path);
      assert.equal(headers["x-own"], "kept");
    }
  }),
);

test("what is handed on: methods and bodies, no credentials; links and redirections lead back", { skip }, (t) =>
  withBehind(t, async ({ call }) => {
    const base = `${namespace}/pods/p/proxy`;
    const posted = await call(`${base}/echo`, {
      body: "text",
      type: "text/plain",
      headers: { authorization: "Basic eDp5" },
    });
    assert.deepEqual(posted.body, { method: "POST", url: "/echo", uri: `${base}/echo`, body: "text" });
    const bare = await call(`${base}?x=1`);
    assert.deepEqual([bare.code, bare.headers["location"]], [301, `${base}/?x=1`]);
    const moved = await call(`${base}/moved`);
    assert.deepEqual([moved.code, moved.headers["location"]], [302, `${base}/next`]);
    const page = await call(`${base}/page`);
    assert.equal(page.body, `<a href="${base}/next">x</a><img src="${base}/i.png"><p title="/not">`);
  }),
);

test("who is behind is left when the client leaves", { skip }, (t) =>
  withBehind(t, async ({ call, plain }) => {
    const left = new Promise<void>((done) =>
      plain.once("connection", (socket: Socket) => socket.once("close", () => done())),
    );
    const { code } = await call(`${namespace}/pods/p/proxy/hangs`, { untilHead: true });
    assert.equal(code, 200);
    await left;
  }),
);

test("only who may proxy does", { skip }, (t) =>
  withBehind(t, async ({ call }) => {
    const { code, body } = await call(`${namespace}/pods/p/proxy/a`, { headers: { "impersonate-user": "ann" } });
    assert.deepEqual(
      [code, body.message],
      [
        403,
        'pods "p" is forbidden: User "ann" cannot get resource "pods/proxy" in API group "" in the namespace "default"',
      ],
    );
  }),
);

const kubelet = "/api/v1/nodes/n/proxy/healthz";

test("a kubelet is believed when its certificate is not to be looked at, and one of its authority when it is", {
  skip,
}, async (t) => {
  const authority = createCa("CN=kubelets", life);
  const reached = async ({ call }: World) => {
    const { code, body } = await call(kubelet);
    assert.deepEqual([code, body.url], [200, "/healthz"], JSON.stringify(body));
  };
  await withBehind(t, reached);
  await withBehind(t, reached, { authority: (await authority).certificate }, authority);
});

test("a kubelet of another authority is not", { skip }, async (t) => {
  const other = await createCa("CN=others", life);
  const refused = async ({ call }: World) => {
    const { code, body } = await call(kubelet);
    const why = "tls: failed to verify certificate: x509: certificate signed by unknown authority";
    assert.deepEqual([code, body.message], [503, `error trying to reach service: ${why}`]);
  };
  await withBehind(t, refused, { authority: other.certificate });
});

test("a node without an address of a wanted type is not reached; others' ports are", { skip }, (t) =>
  withBehind(
    t,
    async ({ call, port }) => {
      const { code, body } = await call(kubelet);
      assert.deepEqual(
        [code, body.message],
        [500, `no preferred addresses found; known addresses: [{InternalIP ${address}}]`],
      );
      assert.equal((await call(`/api/v1/nodes/http:n:${port}/proxy/a`)).code, 500);
    },
    { addressTypes: ["ExternalDNS"] },
  ),
);
