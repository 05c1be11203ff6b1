import { scalar } from "./document.ts";
import type { Scope } from "./scope.ts";
import type { Tape } from "./tape.ts";

/** A block of metadata, to stand on the lines above what it is about. */
export function annotations(scope: Scope, scopes: readonly string[]): string {
  const { tape } = scope;
  const written = tape.oneIn(2) ? [`scope: ${tape.pick(scopes)}`] : [];
  const lines = [...written, ...tape.list(3, () => tape.pick(fields)(tape), 1)];
  const byField = new Map(lines.map((line) => [/^\w+/.exec(line)?.[0], line]));
  if (written[0] !== "scope: document") byField.delete("entrypoint");
  if (byField.size === 0) return "";
  const block = ["METADATA", ...byField.values()].join("\n");
  return `${block.replace(/^/gm, "# ")}\n`;
}

/** Each makes the lines of a field, the simplest first. */
const fields: readonly ((tape: Tape) => string)[] = [
  () => "title: t",
  (tape) => `description: ${scalar(tape)}`,
  (tape) => `custom: {a: ${scalar(tape)}, b: [${scalar(tape)}]}`,
  () => "custom:\n  a:\n    b: 1",
  () => "authors:\n- A B <a@b.c>\n- name: C",
  () => "organizations: [o]",
  () => "related_resources:\n- https://a.b/c\n- ref: https://d.e\n  description: d",
  () => "entrypoint: true",
  (tape) => `schemas:\n- ${tape.pick(["input", "input.a", "data.d", "data.d.b"])}: {"type": ${schema(tape)}}`,
  (tape) =>
    `schemas:\n- input: {"type": "object", "properties": {"a": {"type": ${schema(tape)}}, "b": {"type": ${schema(tape)}}}}`,
];

function schema(tape: Tape): string {
  return tape.pick([
    '"string"',
    '"number"',
    '"array", "items": {"type": "string"}',
    '"object", "properties": {"a": {"type": "number"}}, "additionalProperties": false',
    '"object", "additionalProperties": {"type": "string"}',
    '["string", "null"]',
  ]);
}
