import type { FlagSpec } from "./flags.ts";

/** Said by scripts that were written before OPA 1.0. */
export const v1Flag: FlagSpec = {
  name: "v1-compatible",
  kind: "bool",
  hidden: true,
  usage: "accepted; this is the default",
};

/** Flags that say which policies and data a query is about, and how it is read: `eval`, `bench` and `deps` share them. */
export const policyFlags: readonly FlagSpec[] = [
  { name: "bundle", short: "b", kind: "list", usage: "bundle file or folder; may be repeated" },
  { name: "data", short: "d", kind: "list", usage: "policy or data file or folder; may be repeated" },
  { name: "ignore", kind: "commaList", usage: "names of files and folders to leave out, as '.*'" },
];

/** What `eval` and `bench` have beside these. */
export const queryFlags: readonly FlagSpec[] = [
  ...policyFlags,
  { name: "fail", kind: "bool", usage: "exit with status 1 when the result is undefined or empty" },
  { name: "import", kind: "list", usage: "import for the query, as input.pod; may be repeated" },
  { name: "input", short: "i", kind: "string", usage: "input file" },
  { name: "metrics", kind: "bool", usage: "tell how long each part took" },
  { name: "optimize-store-for-read-speed", kind: "bool", usage: "accepted; the store is fast to read as it is" },
  { name: "package", kind: "string", usage: "package of the query" },
  { name: "partial", short: "p", kind: "bool", usage: "evaluate partially" },
  { name: "schema", short: "s", kind: "string", usage: "JSON Schema file, or folder of them" },
  { name: "stdin", kind: "bool", usage: "read the query from standard input" },
  { name: "stdin-input", short: "I", kind: "bool", usage: "read the input from standard input" },
  { name: "target", short: "t", kind: "enum", values: ["rego", "wasm"], default: "rego", usage: "what evaluates" },
  {
    name: "unknowns",
    short: "u",
    kind: "list",
    type: "stringArray",
    default: "input",
    usage: "documents that are unknown in partial evaluation; may be repeated",
  },
  { name: "v0-compatible", kind: "bool", usage: "opt in to the features and behaviors of OPA before 1.0" },
  v1Flag,
];
