import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

const room = join(import.meta.dirname, "..");
const packages = join(room, "..", "..", "node_modules");

/** A Chromium that can print a page's document; `SALLYPORT_BROWSER` names another. */
const names = [process.env["SALLYPORT_BROWSER"] ?? "", "chromium", "chromium-browser", "google-chrome"];
const browser = names.find((name) => name !== "" && spawnSync(name, ["--version"]).status === 0);

/** What pages import beside the room's own modules: where it begins, by its name. */
const imports = { re2js: "./packages/re2js/build/index.js", yaml: "./packages/yaml/browser/index.js" };

/** https://www.w3.org/TR/CSP3/#directive-script-src: without 'unsafe-eval'. */
const strictPolicy = "default-src 'none'; script-src file: 'unsafe-inline'; connect-src file:";

const page = (policy: string) => `<!doctype html>${policy}<script type="importmap">
${JSON.stringify({ imports })}
</script><pre>not run</pre><script type="module">
import { compile, DataStore, jsonText } from "./src/index.js";
const out = document.querySelector("pre");
try {
  const text = 'package p\\nx contains n if data.o[n].host == input.host\\ny if { uuid.rfc4122("a"); regex.match("^[a-c]+$", input.host) }';
  const { policy } = compile([{ file: "p.rego", text }]);
  const data = new DataStore({ root: { o: { a: { host: "abc" }, b: {} } } }).snapshot;
  const ask = (path, evaluator) => jsonText(policy.evaluate(path, { input: { host: "abc" }, data, evaluator }));
  const answers = ["generated", "interpreter"].map((each) => ask("p/x", each) + ask("p/y", each)).join(" ");
  let isForbidden = false;
  try { new Function("return 1"); } catch { isForbidden = true; }
  out.textContent = (isForbidden ? "no code from strings " : "") + answers;
} catch (error) {
  out.textContent = String(error);
}
</script>`;

const pages = [
  { name: "a browser compiles and evaluates", file: "page.html", text: page(""), wanted: '["a"]true ["a"]true' },
  {
    name: "a browser evaluates where code may not be made from strings",
    file: "strict.html",
    text: page(`<meta http-equiv="content-security-policy" content="${strictPolicy}">`),
    wanted: 'no code from strings ["a"]true ["a"]true',
  },
];

const folder = mkdtempSync(join(tmpdir(), "sallyport-browser-"));

/**
 * The pages, the room's sources without their types and the packages that they import.
 * They are files, since a browser drops each request over a network when an interface comes or goes, as other tests' pods do.
 */
before(() => {
  for (const source of globSync("src/**/*.{ts,json}", { cwd: room })) {
    const text = readFileSync(join(room, source), "utf8");
    const isJson = source.endsWith(".json");
    const target = join(folder, source.replace(/\.ts$/, ".js"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, isJson ? text : stripTypeScriptTypes(text).replace(/(from "\.[^"]*)\.ts"/g, '$1.js"'));
  }
  for (const name of Object.keys(imports))
    cpSync(join(packages, name), join(folder, "packages", name), { recursive: true });
  for (const { file, text } of pages) writeFileSync(join(folder, file), text);
});
after(() => rmSync(folder, { recursive: true, force: true }));

for (const { name, file, wanted } of pages)
  test(name, { skip: browser === undefined && "no Chromium on the PATH" }, async () => {
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"];
    const args = [...flags, "--dump-dom", `file://${join(folder, file)}`];
    const { stdout } = await promisify(execFile)(browser as string, args, { timeout: 120_000 });
    assert.equal(/<pre>(.*)<\/pre>/s.exec(stdout)?.[1], wanted);
  });
