import { createHash } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { build } from "esbuild";

/** Native code stays where npm has put it. */
export const external: readonly string[] = ["koffi", "lmdb"];

export interface Built {
  readonly bytes: number;
  /** Folders of the packages of others that were built in. */
  readonly packages: readonly string[];
}

/** Makes a script of an entry point and all that it imports; `packages/cli/bin/run-built.js` runs it. */
export async function buildProgram(entryPoint: string, outfile: string): Promise<Built> {
  const { outputFiles, metafile } = await build({
    entryPoints: [entryPoint],
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    target: "node24",
    conditions: ["source"],
    external: [...external],
    metafile: true,
    define: { "import.meta.url": "moduleUrl" },
    banner: { js: "(function (require, module, moduleUrl) {" },
    footer: { js: "})" },
    logLevel: "warning",
  });
  const text = outputFiles.map((file) => inAscii(file.text)).join("");
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const whole = `${text}// build ${hash}\n`;
  mkdirSync(dirname(outfile), { recursive: true });
  writeFileSync(`${outfile}.${process.pid}`, whole);
  renameSync(`${outfile}.${process.pid}`, outfile);
  return { bytes: whole.length, packages: packagesOf(Object.keys(metafile.inputs)) };
}

function packagesOf(inputs: readonly string[]): readonly string[] {
  const folders = inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []);
  return [...new Set(folders)].sort().map((folder) => resolve(folder));
}

/** What esbuild leaves as it is, regular expressions and comments, means the same with an escape. */
function inAscii(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

export const builtProgram = join(import.meta.dirname, "../packages/cli/dist/sallyport.cjs");
export const programEntry = join(import.meta.dirname, "../packages/cli/src/main.ts");
