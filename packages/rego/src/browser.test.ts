import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

const room = join(import.meta.dirname, "..");
const packages = join(room, "..", "..", "node_modules");

/** A Chromium that can print a page's document; `SALLYPORT_BROWSER` names another. */
const names = [process.env["SALLYPORT_BROWSER"] ?? "", "chromium", "chromium-browser", "google-chrome"];
const browser = names.find((name) => name !== "" && spawnSync(name, ["--version"]).status === 0);

const page = `<!doctype html><script type="importmap">
{"imports": {"re2js": "/packages/re2js/build/index.js", "yaml": "/packages/yaml/browser/index.js"}}
</script><pre>not run</pre><script type="module">
const out = document.querySelector("pre");
try {
  const { compile, DataStore, jsonText } = await import("/src/index.ts");
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

/** The page at this path may make no code from strings. */
const strictPath = "/strict";

/** https://www.w3.org/TR/CSP3/#directive-script-src: without 'unsafe-eval'. */
const strictPolicy = "default-src 'none'; script-src 'self' 'unsafe-inline'; connect-src 'self'";

/** The page, the room's sources without their types, and the packages that it imports. */
const server = createServer(({ url = "/" }, response) => {
  const path = normalize(url);
  const isPackage = path.startsWith("/packages/");
  try {
    const file = isPackage ? join(packages, path.slice("/packages/".length)) : join(room, path);
    const isPage = path === "/" || path === strictPath;
    const text = isPage ? page : readFileSync(file, "utf8");
    if (path === strictPath) response.setHeader("content-security-policy", strictPolicy);
    const type = isPage ? "text/html" : path.endsWith(".json") ? "application/json" : "text/javascript";
    response.writeHead(200, { "content-type": type });
    response.end(path.endsWith(".ts") ? stripTypeScriptTypes(text) : text);
  } catch {
    response.writeHead(404);
    response.end();
  }
});

const pages = [
  { name: "a browser compiles and evaluates", path: "/", wanted: '["a"]true ["a"]true' },
  {
    name: "a browser evaluates where code may not be made from strings",
    path: strictPath,
    wanted: 'no code from strings ["a"]true ["a"]true',
  },
];

before(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
after(() => server.close());

for (const { name, path, wanted } of pages)
  test(name, { skip: browser === undefined && "no Chromium on the PATH" }, async () => {
    const { port } = server.address() as AddressInfo;
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000", "--dump-dom"];
    const { stdout } = await promisify(execFile)(browser as string, [...flags, `http://127.0.0.1:${port}${path}`], {
      timeout: 120_000,
    });
    assert.equal(/<pre>(.*)<\/pre>/s.exec(stdout)?.[1], wanted);
  });
