import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { commandLines, compareCommandLines, type LineDifference } from "./command-line.ts";
import { findOpa } from "./opa-server.ts";

/** Every so many lines are compared; `npm run differential -- command-line` compares all. */
const step = 29;

test("command lines are made of every command, each once", () => {
  const lines = commandLines();
  const commands = new Set(lines.map((line) => line.split(" ", 1)[0]));
  for (const command of ["eval", "test", "fmt", "check", "build", "run", "bench", "exec", "inspect", "parse", "deps"])
    ok(commands.has(command), command);
  deepEqual(new Set(lines).size, lines.length);
  ok(commandLines("fmt ").every((line) => line.startsWith("fmt ")));
});

const opa = findOpa();

test("command lines are answered as OPA does", { skip: "missing" in opa && opa.missing }, async () => {
  if ("missing" in opa) return;
  const differences: LineDifference[] = [];
  const lines = commandLines().filter((_, i) => i % step === 0);
  await compareCommandLines(opa.file, lines, (difference) => differences.push(difference));
  deepEqual(differences, []);
});
