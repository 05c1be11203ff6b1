import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";

const room = join(import.meta.dirname, "..");

/** The library as who embeds it sees it. */
const entry = join(import.meta.dirname, "index.ts");
const rego: object = await import(entry);

/** A program of the README, and what it prints by its comments. */
interface Example {
  readonly code: string;
  readonly wanted: readonly string[];
}

const examples = [...readFileSync(join(room, "README.md"), "utf8").matchAll(/```ts\n(.*?)```/gs)].map(
  ([, text = ""]): Example => ({
    code: text.replace(/^import (\{.*?\}) from "@sallyport\/rego";$/m, "const $1 = rego;"),
    wanted: [...text.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, wanted = ""]) => wanted),
  }),
);

for (const [i, { code, wanted }] of examples.entries()) {
  test(`example ${i + 1} of the README`, async () => {
    const printed: string[] = [];
    const log = (...values: unknown[]) => printed.push(values.map(printedText).join(" "));
    const run = new Function("rego", "console", `return (async () => {${code}})();`) as (
      library: object,
      output: object,
    ) => Promise<void>;
    await run(rego, { log });
    assert.deepEqual(printed, wanted);
    assert.ok(wanted.length > 0);
  });
}

function printedText(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

const program = `
  import { compile, jsonText } from ${JSON.stringify(entry)};
  const text = "package p\\nx contains [n, uuid.rfc4122(n) != null] if { some n in input; regex.match(\\"^[a-c]\\", n) }";
  const { policy } = compile([{ file: "p.rego", text }]);
  let isForbidden = false;
  try { new Function("return 1"); } catch { isForbidden = true; }
  console.log(isForbidden, jsonText(policy.evaluate("p/x", { input: ["b", "a", "x"] })));
`;

test("where code may not be made from strings, the interpreter answers", () => {
  const flags = [
    "--conditions=source",
    "--disallow-code-generation-from-strings",
    "--disable-warning=ExperimentalWarning",
  ];
  const args = [...flags, "--input-type=module", "--eval", program];
  const output = execFileSync(process.execPath, args, { cwd: room, encoding: "utf8" });
  assert.equal(output, 'true [["a",true],["b",true]]\n');
});

/** What the library is made of: its own files, and packages. */
function moduleGraph(file: string, files = new Set<string>(), packages = new Set<string>()) {
  if (files.has(file)) return { files, packages };
  files.add(file);
  if (file.endsWith(".json")) return { files, packages };
  const imports = readFileSync(file, "utf8").matchAll(/^(?:import|export)\s(?:[^;]*?\sfrom\s)?"([^"]+)"/gm);
  for (const [, name = ""] of imports) {
    if (name.startsWith(".")) moduleGraph(join(dirname(file), name), files, packages);
    else packages.add(name);
  }
  return { files, packages };
}

test("the library is made of files of its own and of two packages that run in browsers, and of nothing of Node", () => {
  const { files, packages } = moduleGraph(entry);
  assert.deepEqual([...packages].sort(), ["re2js", "yaml"]);
  assert.ok(files.size > 150, `${files.size} files`);
  for (const file of files) {
    const path = relative(import.meta.dirname, file);
    assert.ok(!path.startsWith(".."), path);
    if (file.endsWith(".ts")) assert.doesNotMatch(codeOf(file), /\b(?:process|Buffer|__dirname)\b(?=[.([])/, path);
  }
});

/** Without comments and strings, as far as names of globals go. */
function codeOf(file: string): string {
  return readFileSync(file, "utf8").replace(/\/\*.*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/gs, "");
}
