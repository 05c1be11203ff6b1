import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { type TestContext, test } from "node:test";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import { echo, exchange, startServer } from "../proxy.fixture.ts";
import { startAsking, startHttp } from "./provider.fixture.ts";

/** A message by its fields' numbers: texts and messages are their bytes. */
type Fields = Map<number, (Uint8Array | number)[]>;

function fieldsOf(bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const value = type === WireType.Varint ? Number(reader.int64()) : reader.bytes();
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

/** What lies at a path of fields' numbers. */
function at(bytes: Uint8Array, ...path: number[]): string {
  let value: Uint8Array | number | undefined = bytes;
  for (const field of path) value = fieldsOf(value as Uint8Array).get(field)?.[0];
  return typeof value === "object" ? Buffer.from(value).toString() : String(value);
}

/** Texts and messages by their fields' numbers. */
function message(...fields: readonly (readonly [number, string | number | Uint8Array])[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [field, value] of fields)
    if (typeof value === "number") writer.tag(field, WireType.Varint).int32(value);
    else if (typeof value === "string") writer.tag(field, WireType.LengthDelimited).string(value);
    else writer.tag(field, WireType.LengthDelimited).bytes(value);
  return writer.finish();
}

const header = (name: string, value: string) => message([1, message([1, name], [2, value])]);
const appended = (name: string, value: string) => message([1, message([1, name], [2, value])], [2, message([1, 1])]);
const code = (value: number) => message([1, value]);

type Answer = Uint8Array | status | "never";

/** A provider by gRPC's own library; keeps what it was asked. */
async function startProvider(t: TestContext, answer: Answer): Promise<{ port: number; asked: Uint8Array[] }> {
  const asked: Uint8Array[] = [];
  const server = new Server();
  const raw = {
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Uint8Array) => Buffer.from(bytes),
  };
  const path = "/envoy.service.auth.v3.Authorization/Check";
  const check = {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: raw.requestDeserialize,
    ...raw,
  };
  server.addService({ check } as never, {
    check: (call: { request: Buffer }, done: (error: object | null, value?: Uint8Array) => void) => {
      asked.push(call.request);
      if (answer === "never") return;
      if (typeof answer === "number") done({ code: answer, details: "no" });
      else done(null, answer);
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  t.after(() => server.forceShutdown());
  return { port, asked };
}

const get = "GET /a?b=c HTTP/1.1\r\nhost: web\r\nconnection: close\r\nx-user: mallory\r\nx-old: 1\r\n\r\n";

const answers: readonly (readonly [
  name: string,
  answer: Answer,
  settings: object,
  expected: RegExp,
  reached: RegExp | undefined,
])[] = [
  ["allows", message([1, code(0)]), {}, /^HTTP\/1\.1 200 /, /x-user: mallory/],
  ["allows by an empty message", message(), {}, /^HTTP\/1\.1 200 /, /./],
  [
    "changes headers",
    message([
      3,
      message(
        [2, header("x-user", "ann")],
        [2, appended("x-old", "2")],
        [2, appended("x-none", "3")],
        [6, header("x-seen", "yes")],
      ),
    ]),
    {},
    /^HTTP\/1\.1 200 [\s\S]*x-seen: yes/,
    /^(?!.*mallory)(?!.*x-none).*x-old: 1.*x-user: ann.*x-old: 2/,
  ],
  ["takes headers away", message([3, message([5, "x-user"], [5, "host"])]), {}, /200/, /^(?!.*x-user).*host: web/],
  ["refuses", message([1, code(7)]), {}, /^HTTP\/1\.1 403 /, undefined],
  [
    "refuses in its own words",
    message([1, code(16)], [2, message([1, code(401)], [2, header("www-authenticate", "Basic")], [3, "who are you"])]),
    {},
    /^HTTP\/1\.1 401 [\s\S]*www-authenticate: Basic[\s\S]*who are you$/,
    undefined,
  ],
  ["fails", status.UNAVAILABLE, {}, /^HTTP\/1\.1 403 /, undefined],
  ["fails, where its settings say a status", status.INTERNAL, { statusOnError: "500" }, /^HTTP\/1\.1 500 /, undefined],
  ["fails open", status.UNAVAILABLE, { failOpen: true }, /^HTTP\/1\.1 200 /, /./],
  ["never answers", "never", { timeout: "0.1s" }, /^HTTP\/1\.1 403 /, undefined],
  ["answers no message", Buffer.from([0xff, 0xff]), {}, /^HTTP\/1\.1 403 /, undefined],
  [
    "answers a status that is none",
    message([1, code(7)], [2, message([1, code(9999)])]),
    {},
    /^HTTP\/1\.1 403 /,
    undefined,
  ],
  [
    "would begin another header",
    message([3, message([2, header("x-user", "a\r\nx-admin: yes")])]),
    {},
    /^HTTP\/1\.1 403 /,
    undefined,
  ],
];

for (const [name, answer, settings, expected, reached] of answers)
  test(`a provider that is asked by gRPC ${name}`, async (t) => {
    const seen: string[] = [];
    const application = await startHttp(t, ({ rawHeaders }, response) => {
      seen.push(rawHeaders.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}, `)).join(""));
      response.end();
    });
    const { port } = await startProvider(t, answer);
    const proxy = await startAsking(t, application, { kind: "envoyExtAuthzGrpc", port, settings });
    assert.match(await exchange(proxy.port, get), expected);
    assert.equal(seen.length, reached === undefined ? 0 : 1);
    if (reached !== undefined) assert.match(seen[0] ?? "", reached);
  });

test("a provider is told who calls whom, and the request", async (t) => {
  const application = await startHttp(t, (_, response) => response.end());
  const { port, asked } = await startProvider(t, message());
  const settings = { includeRequestBodyInCheck: { maxRequestBytes: 100 } };
  const proxy = await startAsking(t, application, { kind: "envoyExtAuthzGrpc", port, settings });
  await exchange(
    proxy.port,
    "POST /a?b=c HTTP/1.1\r\nhost: web\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello",
  );
  const [request] = asked as [Uint8Array];
  assert.equal(at(request, 1, 1, 1, 1, 2), "127.0.0.1");
  assert.equal(at(request, 1, 2, 1, 1, 3), String(application));
  assert.equal(at(request, 1, 2, 4), "spiffe://cluster.local/ns/shop/sa/web");
  const http = [2, 4, 5, 6, 10, 9, 11].map((field) => at(request, 1, 4, 2, field));
  assert.deepEqual(http, ["POST", "/a?b=c", "web", "http", "HTTP/1.1", "5", "hello"]);
});

test("a connection is asked of, and reset where it is refused", async (t) => {
  const application = await startServer(echo);
  t.after(application.close);
  for (const [answer, expected] of [
    [message(), "hello"],
    [message([1, code(7)]), "RESET"],
    [status.UNAVAILABLE, "RESET"],
  ] as const) {
    const { port } = await startProvider(t, answer);
    const given = { inbound: { mode: "PERMISSIVE", protocol: "tcp" } } as const;
    const proxy = await startAsking(t, application.port, { kind: "envoyExtAuthzGrpc", port, given });
    assert.equal(await exchange(proxy.port, "hello"), expected);
  }
});

test("a stream of HTTP/2 is asked of, and its body and changed headers go on", async (t) => {
  const server = createHttp2Server().listen(0, "127.0.0.1");
  server.on("stream", (stream, headers) => {
    stream.respond({ ":status": 200, "x-got": `${headers["x-user"]}` });
    stream.pipe(stream);
  });
  await once(server, "listening");
  const application = (server.address() as { port: number }).port;
  const ask = async (answer: Answer, type: string) => {
    const { port } = await startProvider(t, answer);
    const settings = { includeRequestBodyInCheck: { maxRequestBytes: 100 } };
    const given = { inbound: { mode: "PERMISSIVE", protocol: "http2" } } as const;
    const proxy = await startAsking(t, application, { kind: "envoyExtAuthzGrpc", port, settings, given });
    const session = connectHttp2(`http://127.0.0.1:${proxy.port}`);
    session.on("error", () => {});
    const stream = session.request({ ":path": "/a", ":method": "POST", "x-user": "mallory", "content-type": type });
    let body = "";
    stream.setEncoding("utf8").on("data", (text) => (body += text));
    stream.end("hello");
    const [headers] = await once(stream, "response");
    await once(stream, "close");
    session.destroy();
    return [headers[":status"], headers["x-got"] ?? headers["grpc-status"], body];
  };
  t.after(() => server.close());
  const allowed = message([3, message([2, header("x-user", "ann")])]);
  assert.deepEqual(await ask(allowed, "text/plain"), [200, "ann", "hello"]);
  const refused = message([1, code(16)], [2, message([1, code(401)], [3, "who"])]);
  assert.deepEqual(await ask(refused, "text/plain"), [401, undefined, "who"]);
  assert.deepEqual(await ask(refused, "application/grpc"), [200, "16", ""]);
});
