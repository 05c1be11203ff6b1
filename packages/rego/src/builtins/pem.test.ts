import assert from "node:assert/strict";
import { test } from "node:test";
import { pemBlocks } from "./pem.ts";

// Each answer is what Go's pem.Decode gives, block after block.
const cases: readonly [name: string, text: string, blocks: string][] = [
  ["one block", "-----BEGIN A-----\nYWJj\n-----END A-----\n", "A:abc"],
  ["no line feed at the end", "-----BEGIN A-----\nYWJj\n-----END A-----", "A:abc"],
  ["carriage returns, blanks at line ends", "-----BEGIN A-----\r\nYW \t\r\nJj\r\n-----END A-----  \r\n", "A:abc"],
  [
    "text around",
    "x\n-----BEGIN A-----\nYWJj\n-----END A-----\ny\n-----BEGIN B-----\nZA==\n-----END B-----\nz",
    "A:abc B:d",
  ],
  ["headers", "-----BEGIN A-----\nProc-Type: 4\nX: y\n\nYWJj\n-----END A-----\n", "A:abc"],
  ["empty", "-----BEGIN A-----\n-----END A-----\n", "A:"],
  ["not at a line's start", "x-----BEGIN A-----\nYWJj\n-----END A-----\n", ""],
  ["another name at the end", "-----BEGIN A-----\nYWJj\n-----END B-----\n", ""],
  ["text behind the end", "-----BEGIN A-----\nYWJj\n-----END A----- x\n", ""],
  ["no end", "-----BEGIN A-----\nYWJj\n", ""],
  [
    "bad base64, then a good block",
    "-----BEGIN A-----\n?\n-----END A-----\n-----BEGIN B-----\nYQ==\n-----END B-----\n",
    "B:a",
  ],
  ["a begin without end before", "-----BEGIN A-----\n-----BEGIN B-----\nYQ==\n-----END B-----\n", "B:a"],
  ["headers only", "-----BEGIN A-----\nX: y\n-----END A-----\n", ""],
];

for (const [name, text, blocks] of cases) {
  test(name, () => {
    const found = pemBlocks(text).map(({ type, bytes }) => `${type}:${new TextDecoder().decode(bytes)}`);
    assert.equal(found.join(" "), blocks);
  });
}
