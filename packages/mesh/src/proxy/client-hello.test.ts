import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import fc from "fast-check";
import { type Hello, HelloReader, maxHelloBytes, maxMessageBytes } from "./client-hello.ts";

const numRuns = Number(process.env["SALLYPORT_RANDOM_RUNS"] || 30) * 10;

/** What a client of OpenSSL sends first. */
async function realHello(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const client = connectTls({ ...options, socket: connect(port, "127.0.0.1"), rejectUnauthorized: false });
  client.on("error", () => {});
  const [socket] = await once(server, "connection");
  const [bytes] = await once(socket, "data");
  socket.destroy();
  client.destroy();
  server.close();
  return bytes;
}

const u16 = (n: number): Buffer => Buffer.from([n >> 8, n & 255]);
const vector16 = (bytes: Uint8Array): Buffer => Buffer.concat([u16(bytes.length), bytes]);
const vector8 = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from([bytes.length]), bytes]);
const extension = (type: number, data: Uint8Array): Buffer => Buffer.concat([u16(type), vector16(data)]);
const alpn = (...names: string[]): Buffer =>
  extension(16, vector16(Buffer.concat(names.map((name) => vector8(Buffer.from(name))))));
const record = (fragment: Uint8Array): Buffer => Buffer.concat([Buffer.from([22, 3, 1]), vector16(fragment)]);

/** A hello by hand, in records of so many bytes. */
function hello(extensions: Uint8Array | undefined, recordBytes = 16 * 1024): Buffer {
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32),
    Buffer.from([0, 0, 2, 0x13, 1, 1, 0]),
    ...(extensions === undefined ? [] : [vector16(extensions)]),
  ]);
  const message = Buffer.concat([Buffer.from([1, body.length >> 16]), u16(body.length & 0xffff), body]);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += recordBytes) records.push(record(message.subarray(at, at + recordBytes)));
  return Buffer.concat(records);
}

function read(bytes: Buffer, pieceBytes = bytes.length): Hello {
  const reader = new HelloReader();
  let answer: Hello = { kind: "partial" };
  for (let at = 0; at < bytes.length; at += pieceBytes) answer = reader.push(bytes.subarray(at, at + pieceBytes));
  return answer;
}

const cases: readonly (readonly [string, Buffer, Hello])[] = [
  ["nothing", Buffer.alloc(0), { kind: "partial" }],
  ["a request of HTTP", Buffer.from("GET / HTTP/1.1\r\n\r\n"), { kind: "raw" }],
  ["the first byte of TLS alone", Buffer.from([22]), { kind: "partial" }],
  ["a byte that TLS begins with, and another protocol", Buffer.from([22, 0, 1]), { kind: "raw" }],
  ["an empty record", Buffer.from([22, 3, 1, 0, 0]), { kind: "raw" }],
  ["a record longer than there are", Buffer.from([22, 3, 1, 0x40, 1]), { kind: "raw" }],
  ["a message that is no ClientHello", record(Buffer.from([2, 0, 0, 0])), { kind: "raw" }],
  ["an alert between records", Buffer.concat([record(Buffer.from([1])), Buffer.from([21])]), { kind: "raw" }],
  ["no extensions", hello(undefined), { kind: "hello", alpn: [] }],
  ["protocols", hello(alpn("istio", "h2")), { kind: "hello", alpn: ["istio", "h2"] }],
  ["records of one byte", hello(alpn("istio"), 1), { kind: "hello", alpn: ["istio"] }],
  ["protocols that go beyond their extension", hello(extension(16, u16(9))), { kind: "raw" }],
  ["an extension that goes beyond its list", hello(Buffer.concat([u16(16), u16(9)])), { kind: "raw" }],
  ["a name of an unknown type", hello(extension(0, vector16(Buffer.from([1, 0, 0])))), { kind: "hello", alpn: [] }],
  ["as long as may be", hello(extension(35, Buffer.alloc(maxMessageBytes - 47))), { kind: "hello", alpn: [] }],
  ["one byte longer", hello(extension(35, Buffer.alloc(maxMessageBytes - 46))), { kind: "tooLarge" }],
  ["many records of one byte", hello(extension(35, Buffer.alloc(maxHelloBytes / 5)), 1), { kind: "tooLarge" }],
];

for (const [name, bytes, expected] of cases)
  test(`a hello: ${name}`, () => {
    assert.deepEqual(read(bytes), expected);
    if (bytes.length > 0) assert.deepEqual(read(bytes, 1), expected, "byte by byte");
  });

test("hellos of OpenSSL, whole, in pieces of 37 bytes and of one", async () => {
  const bytes = await realHello({ servername: "outbound_.80_._.web.shop", ALPNProtocols: ["istio-http/1.1", "istio"] });
  const expected = { kind: "hello", alpn: ["istio-http/1.1", "istio"], serverName: "outbound_.80_._.web.shop" };
  for (const size of [bytes.length, 37, 1]) assert.deepEqual(read(bytes, size), expected);
  assert.deepEqual(read(await realHello({ maxVersion: "TLSv1.2" })), { kind: "hello", alpn: [] });
});

test("a hello that is cut anywhere may still become one", async () => {
  const bytes = await realHello({ ALPNProtocols: ["istio"] });
  for (let length = 0; length < bytes.length; length++)
    assert.equal(read(bytes.subarray(0, length)).kind, "partial", `${length} bytes`);
});

test("bytes at random, and hellos with bytes changed, are answered the same in any pieces", async () => {
  const bytes = await realHello({ servername: "web.shop", ALPNProtocols: ["istio"] });
  const changed = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 6 }).map((changes) => {
    const copy = Buffer.from(bytes);
    for (const [at, value] of changes) copy[at] = value;
    return copy;
  });
  const random = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.concat([bytes.subarray(0, 5), array]));
  const any = fc.oneof(changed, random, fc.uint8Array({ maxLength: 300 }).map(Buffer.from));
  fc.assert(
    fc.property(any, fc.integer({ min: 1, max: 64 }), (input, size) => {
      assert.deepEqual(read(input, size), read(input));
    }),
    { numRuns },
  );
});
