import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerReader } from "./answer-reader.ts";

const stream = [
  "HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\na\r\n\r\nB\r\nsomething\r\n\r\n0\r\n\r\n",
  "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
].join("");

test("answers are read wherever their bytes are cut", () => {
  for (let size = 1; size <= stream.length; size++) {
    const answers: string[] = [];
    const reader = new AnswerReader(({ code, bytes }) => answers.push(`${code} ${bytes}`));
    for (let at = 0; at < stream.length; at += size) {
      const piece = Buffer.from(stream.slice(at, at + size));
      // What lies behind the bytes that were read is of an earlier read.
      reader.read(Buffer.concat([piece, Buffer.from("\n\r\n\r\n")]), piece.length);
    }
    assert.deepEqual(answers, ["201 5", "200 14", "404 0"], `${size} bytes at a time`);
  }
});

test("who follows a body is told its status and then its bytes", () => {
  const told: string[] = [];
  const reader = new AnswerReader(() => told.push("end"));
  reader.follow(
    (code) => told.push(String(code)),
    (bytes) => told.push(bytes.toString()),
  );
  const [, chunked = ""] = /(HTTP\/1.1 200.*)HTTP/s.exec(stream) ?? [];
  reader.read(Buffer.from(chunked), chunked.length);
  assert.deepEqual(told, ["200", "a\r\n", "something\r\n", "end"]);
});
