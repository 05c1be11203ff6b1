import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import { LineWriter } from "./line-writer.ts";

const lines = ["one\n", "käse\n", `${"x".repeat(70_000)}\n`, "last\n"].map((text) => new TextEncoder().encode(text));

/** What comes over one connection in answer to requests that are sent at once, each of which `answer` serves. */
async function answersTo(requests: string, answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_request, response) => answer(response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.write(requests);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  server.close();
  return Buffer.concat(chunks).toString();
}

function bodiesOf(text: string): string[] {
  return text
    .split("HTTP/1.1 200 OK\r\n")
    .slice(1)
    .map((each) => each.slice(each.indexOf("\r\n\r\n") + 4));
}

const size = (line: Uint8Array) => line.length.toString(16);
const chunked = `${lines.map((line) => `${size(line)}\r\n${Buffer.from(line)}\r\n`).join("")}0\r\n\r\n`;

function writeAll(response: ServerResponse): void {
  response.flushHeaders();
  const writer = new LineWriter(response, () => {});
  for (const line of lines) writer.write(line);
  writer.end();
  response.end();
}

const get = (more = "") => `GET / HTTP/1.1\r\nhost: a\r\n${more}\r\n`;

test("each line is a chunk", async () => {
  assert.deepEqual(bodiesOf(await answersTo(get("connection: close\r\n"), writeAll)), [chunked]);
});

test("an answer whose turn has not come waits for those before it", async () => {
  const bodies = await answersTo(`${get()}${get("connection: close\r\n")}`, (response) => {
    // The second is written while the first still is: its socket is not its own yet.
    if (response.req.headers.connection === "close") writeAll(response);
    else setTimeout(writeAll, 50, response);
  });
  assert.deepEqual(bodiesOf(bodies), [chunked, chunked]);
});

test("HTTP/1.0 has no chunks", async () => {
  const [body] = bodiesOf(await answersTo("GET / HTTP/1.0\r\n\r\n", writeAll));
  assert.equal(body, lines.map((line) => Buffer.from(line)).join(""));
});

test("who waits is told when the client has read, until the end", async () => {
  let [drained, listeners] = [0, -1];
  await answersTo(get("connection: close\r\n"), (response) => {
    const { socket } = response;
    const before = socket?.listenerCount("drain") ?? 0;
    response.flushHeaders();
    const writer = new LineWriter(response, () => {
      drained++;
      writer.end();
      listeners = (socket?.listenerCount("drain") ?? 0) - before;
      response.end();
    });
    writer.write(new Uint8Array(4 * 1024 * 1024));
  });
  assert.deepEqual([drained, listeners], [1, 0]);
});
