import assert from "node:assert/strict";
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { packagedKubectl } from "../packages/cli/src/kubectl.ts";
import { startKubectlServer, versionOfKubectl } from "./kubectl-server.ts";
import { type Program, Script } from "./script.ts";
import { parseTxtar } from "./txtar.ts";

// Everyday commands of kubectl, one a line in `kubectl-commands/*.txtar`, with what a kube-apiserver has them print. Each version of kubectl
// runs them all, on a server of its own. `SALLYPORT_KUBECTLS` names a folder with `v1.32/kubectl` and others; without it there is the
// packaged one. `[kubectl1.24]` before a line: of that version or newer.

/** The versions that kube-apiserver's users have, and the oldest that a distribution still ships. */
const minors = [20, 32, 33, 34, 35, 36, 37];

const packagedMinor = 36;

/** Seven versions on a busy machine take minutes. */
const timeoutMs = 300_000;

function kubectlOf(minor: number): string | undefined {
  const named = join(process.env["SALLYPORT_KUBECTLS"] ?? "", `v1.${minor}`, "kubectl");
  if (process.env["SALLYPORT_KUBECTLS"] !== undefined && existsSync(named)) return named;
  return minor === packagedMinor ? packagedKubectl(join(tmpdir(), "sallyport-tools")) : undefined;
}

/** Runs a script in a folder with its files. */
async function runScript(file: string, folder: string, kubectl: Program, minor: number): Promise<string | undefined> {
  const { script, files } = parseTxtar(readFileSync(file, "utf8"));
  for (const { name, text } of files) {
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const isMet = (condition: string) => {
    const [, oldest] = /^kubectl1\.(\d+)$/.exec(condition) ?? [];
    return oldest !== undefined && minor >= Number(oldest);
  };
  return new Script(folder, { kubectl }, { holds: isMet }).run(script);
}

for (const minor of minors) {
  const path = kubectlOf(minor);
  const skip = path === undefined ? `no kubectl 1.${minor}; set SALLYPORT_KUBECTLS` : false;
  test(`everyday commands of kubectl 1.${minor}`, { skip, timeout: timeoutMs }, async (t) => {
    assert.deepEqual(versionOfKubectl(path as string), [1, minor]);
    const folder = mkdtempSync(join(tmpdir(), "sallyport-commands-"));
    const server = await startKubectlServer(folder, join(folder, "bin"), { flags: [] }, { path: path as string });
    if (typeof server === "string") return t.skip(server);
    try {
      for (const file of globSync(join(import.meta.dirname, "kubectl-commands/*.txtar")).toSorted()) {
        const work = mkdtempSync(join(folder, "work-"));
        const failed = await runScript(file, work, server.kubectl, minor);
        assert.equal(failed, undefined, `${basename(file)}: ${failed}`);
      }
    } finally {
      assert.equal(await server.close(), "");
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  });
}
