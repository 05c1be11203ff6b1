import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { findOpa } from "./opa-server.ts";
import { compareRepls, type ReplDifference } from "./repl.ts";

/** `npm run differential -- repl` types more. */
const scripts = 20;

const opa = findOpa();

test("the shell answers as OPA's", { skip: "missing" in opa && opa.missing }, async () => {
  if ("missing" in opa) return;
  const differences: ReplDifference[] = [];
  await compareRepls(opa.file, { scripts, seed: 7 }, (difference) => differences.push(difference));
  deepEqual(differences, []);
});
