import type { Tape } from "./tape.ts";

/** Annotations of a rule, among them types of its input. */
const ofRules = [
  "# METADATA\n# title: t\n",
  "# METADATA\n# scope: document\n# description: d\n",
  "# METADATA\n# custom:\n#   a: [1, {b: c}]\n",
  '# METADATA\n# schemas:\n# - input.a: {type: "number"}\n',
  '# METADATA\n# schemas:\n# - input: {properties: {b: {type: array, items: {type: string}}, a: {type: "object"}}}\n',
  '# METADATA\n# scope: document\n# schemas:\n# - data.d.a: {type: "string"}\n',
  "# METADATA\n# entrypoint: true\n# authors: [A <a@b>]\n",
];

const ofPackages = [
  "# METADATA\n# scope: subpackages\n# organizations: [o]\n",
  "# METADATA\n# title: p\n# related_resources: [http://a.b/c]\n",
  '# METADATA\n# schemas:\n# - input.c: {type: "boolean"}\n',
];

const calls = [
  "rego.metadata.rule()",
  "rego.metadata.chain()",
  "rego.metadata.rule().title",
  "rego.metadata.chain()[0].path",
];

/** What stands above a rule: mostly nothing. */
export function ruleMetadata(tape: Tape): string {
  return tape.oneIn(8) ? tape.pick(ofRules) : "";
}

export function packageMetadata(tape: Tape): string {
  return tape.oneIn(10) ? tape.pick(ofPackages) : "";
}

export function metadataCall(tape: Tape): string {
  return tape.pick(calls);
}
