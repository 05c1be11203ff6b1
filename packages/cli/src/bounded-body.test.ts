import assert from "node:assert/strict";
import { test } from "node:test";
import { readBounded, TooLongError } from "./bounded-body.ts";

let given = 0;
async function* body(chunks: number): AsyncGenerator<Uint8Array> {
  for (given = 0; given < chunks; given++) yield Buffer.from("abcd");
}

test("a body is read to its end, when that is within the bound", async () => {
  assert.equal((await readBounded(body(3), 12)).toString(), "abcdabcdabcd");
});

test("a body is read no further than its bound", async () => {
  await assert.rejects(readBounded(body(1000), 9), new TooLongError(9));
  assert.equal(given, 2);
});
