import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { runIn } from "../packages/cli/src/opa/opa.fixture.ts";
import { nodeArguments } from "../scripts/node-arguments.ts";
import { curl } from "./curl.ts";
import { serveFiles } from "./file-server.ts";
import { FilterError, holds } from "./jq.ts";
import { type Command, Script, ScriptFault } from "./script.ts";
import { type SuiteResult, Tally } from "./suite.ts";
import { parseTxtar } from "./txtar.ts";

/** What a server runs in: `kill` is to meet the program itself. */
const server = [process.execPath, ...nodeArguments, "opa"];

/** Another OPA in the place of ours, to see what a script makes of it. */
const otherOpa = process.env["SALLYPORT_OPA"];

/** Runs OPA's command line scripts with `sallyport opa` in its place: commands in this process, servers in their own. */
export async function run(dir: string): Promise<SuiteResult> {
  const tally = new Tally();
  for (const file of globSync(`${dir}/**/*.txtar`).sort()) {
    const { script, files } = parseTxtar(readFileSync(file, "utf8"));
    tally.add(basename(file, ".txtar"), await judge(script, files));
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
    const programs = { ...(otherOpa === undefined && { OPA: runIn }), curl };
    const processes = { OPA: otherOpa === undefined ? server : [otherOpa] };
    return await new Script(folder, programs, { commands: { http_server, jq }, processes }).run(script);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `http_server FOLDER`: serves its files at `$HTTP_ADDR`. */
const http_server: Command = async ({ folder, setEnv, atEnd }, [path = "."]) => {
  const files = await serveFiles(join(folder, path));
  setEnv("HTTP_ADDR", files.address);
  atEnd(files.close);
  return true;
};

/** `jq [-s] FILE FILTER`: whether the filter's answer is neither false nor null. */
const jq: Command = async ({ read }, words) => {
  const flags = words.filter((word) => word === "-s");
  const [file = "", filter = "."] = words.filter((word) => word !== "-s");
  try {
    return await holds(read(file), filter, flags);
  } catch (error) {
    throw error instanceof FilterError ? new ScriptFault(error.message) : error;
  }
};
