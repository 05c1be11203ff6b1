import assert from "node:assert/strict";
import { test } from "node:test";
import { durationText } from "./duration-text.ts";

const table: readonly (readonly [ns: number, text: string])[] = [
  [0, "0s"],
  [1, "1ns"],
  [1500, "1.5µs"],
  [312_814, "312.814µs"],
  [1_000_000, "1ms"],
  [50_156_498, "50.156498ms"],
  [1_226_435_048, "1.226435048s"],
  [60_000_000_000, "1m0s"],
  [3_725_500_000_000, "1h2m5.5s"],
  [-1500, "-1.5µs"],
];

for (const [ns, text] of table) test(`${ns} ns is ${text}`, () => assert.equal(durationText(ns), text));
