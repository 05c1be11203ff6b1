import assert from "node:assert/strict";
import { test } from "node:test";
import { PlainAuthority } from "./plain-authority.ts";

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

function frame(type: number, flags: number, payload: Buffer | string, stream = 1): Buffer {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

/** A literal of the name at a place of the static table, with or without a place in the dynamic one. */
function literal(first: number, value: string): Buffer {
  return Buffer.concat([Buffer.from([first, value.length]), Buffer.from(value)]);
}

const post = Buffer.from([0x83, 0x86]);
const path = literal(0x04, "/s/M");
const before = Buffer.concat([post, literal(0x41, "/run/p/sallyport.sock"), path]);
const after = Buffer.concat([post, literal(0x41, "csi"), path]);

/** What comes out of these bytes, given in pieces. */
async function passed(bytes: Buffer, piece = bytes.length): Promise<Buffer> {
  const stream = new PlainAuthority();
  const out: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => out.push(chunk));
  const done = new Promise<void>((resolve, reject) => stream.once("end", resolve).once("error", reject));
  for (let at = 0; at < bytes.length; at += piece) stream.write(bytes.subarray(at, at + piece));
  stream.end();
  await done;
  return Buffer.concat(out);
}

const settings = frame(4, 0, Buffer.from([0, 3, 0, 0, 0, 100]), 0);
const data = frame(0, 1, "canary");

for (const piece of [1, 7, 10_000])
  test(`a path for an authority is replaced, and all else passes as it is, in pieces of ${piece}`, async () => {
    const given = Buffer.concat([preface, settings, frame(1, 4, before), data, frame(1, 4, Buffer.from([0xbe]), 3)]);
    const wanted = Buffer.concat([preface, settings, frame(1, 4, after), data, frame(1, 4, Buffer.from([0xbe]), 3)]);
    assert.deepEqual(await passed(given, piece), wanted);
  });

test("headers in several frames, padded, with a priority, or never to be indexed become one of the same", async () => {
  const cut = Buffer.concat([
    frame(1, 1, before.subarray(0, 9)),
    frame(9, 0, before.subarray(9, 12)),
    frame(9, 4, before.subarray(12)),
  ]);
  assert.deepEqual(await passed(Buffer.concat([preface, cut])), Buffer.concat([preface, frame(1, 5, after)]));
  const priority = Buffer.from([0, 0, 0, 0, 15]);
  const padded = Buffer.concat([Buffer.from([3]), priority, before, Buffer.alloc(3)]);
  assert.deepEqual(
    await passed(Buffer.concat([preface, frame(1, 4 | 8 | 0x20, padded)])),
    Buffer.concat([preface, frame(1, 4 | 0x20, Buffer.concat([priority, after]))]),
  );
  const never = Buffer.concat([
    Buffer.from([0x3f, 0xe1, 0x1f]),
    literal(0x11, "/x.sock"),
    Buffer.from([0x10, 1, 0x61, 1, 0x62]),
  ]);
  const told = await passed(Buffer.concat([preface, frame(1, 4, never)]));
  assert.ok(told.includes("csi") && !told.includes("/x.sock"));
});

test("long headers are cut into frames that everybody takes", async () => {
  const long = Buffer.concat([
    literal(0x41, "/x.sock"),
    Buffer.from([0x04, 0x7f, 0xa1, 0x9b, 0x01]),
    Buffer.alloc(20_000, "x"),
  ]);
  const told = await passed(
    Buffer.concat([preface, frame(1, 0, long.subarray(0, 16_000)), frame(9, 4, long.subarray(16_000))]),
  );
  const length = told.readUIntBE(preface.length, 3);
  assert.deepEqual(
    [length, told[preface.length + 9 + length + 3], told[preface.length + 9 + length + 4]],
    [16_384, 9, 4],
  );
});

test("what is no HTTP/2 ends its connection with an error", async () => {
  const broken = (block: readonly number[]) => passed(Buffer.concat([preface, frame(1, 4, Buffer.from(block))]));
  await assert.rejects(broken([0x41, 0x20, 0x61]), new Error("HTTP/2: headers are cut off"));
  await assert.rejects(broken([0x41, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff]), new Error("HTTP/2: headers are no such"));
  await assert.rejects(
    passed(Buffer.concat([preface, Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0])])),
    new Error("HTTP/2: a frame is too long"),
  );
});
