import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { runIn } from "../packages/cli/src/opa/opa.fixture.ts";
import { Script } from "./script.ts";
import { type SuiteResult, Tally } from "./suite.ts";
import { parseTxtar } from "./txtar.ts";

/** Runs OPA's command line scripts with `sallyport opa` in its place; those that need the policy server are skipped. */
export async function run(dir: string): Promise<SuiteResult> {
  const tally = new Tally();
  for (const file of globSync(`${dir}/**/*.txtar`).sort()) {
    const name = basename(file, ".txtar");
    const { script, files } = parseTxtar(readFileSync(file, "utf8"));
    if (/^\s*!?\s*exec \$OPA run .*(--server|-s)\b/m.test(script))
      tally.skip(name, "needs the policy server, `run --server`");
    else tally.add(name, await judge(script, files));
  }
  return tally.result;
}

async function judge(
  script: string,
  files: readonly { readonly name: string; readonly text: string }[],
): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-script-"));
  try {
    for (const { name, text } of files) {
      mkdirSync(join(folder, dirname(name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return await new Script(folder, { OPA: runIn }).run(script);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
