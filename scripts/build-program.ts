import { createHash } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { build, type Metafile } from "esbuild";

/** Native code stays where npm has put it. */
export const external: readonly string[] = ["koffi", "lmdb"];

export interface Built {
  readonly file: string;
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
  return { file: outfile, bytes: whole.length, packages: packagesOf(metafile) };
}

/** Those of which something is left where nothing is kept that nobody calls. */
function packagesOf({ outputs }: Metafile): readonly string[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const folders = inputs.flatMap(([input, { bytesInOutput }]) =>
    bytesInOutput === 0 ? [] : (/^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []),
  );
  return [...new Set(folders)].sort().map((folder) => resolve(folder));
}

/** What esbuild leaves as it is, regular expressions and comments, means the same with an escape. */
function inAscii(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const dist = join(import.meta.dirname, "../packages/cli/dist");
const sources = join(import.meta.dirname, "../packages/cli/src");

/** What runs beside each pod, and the whole program: scripts and their entry points. `packages/cli/bin/run.js` chooses. */
export const programs: readonly { readonly name: string; readonly entry: string }[] = [
  { name: "mesh-proxy.cjs", entry: join(sources, "mesh-proxy-main.ts") },
  { name: "mesh-sidecar.cjs", entry: join(sources, "mesh-sidecar-main.ts") },
  { name: "sallyport.cjs", entry: join(sources, "main.ts") },
];

/** Makes all scripts in a folder. The whole program comes last: by its time it is told whether a build is out of date. */
export async function buildPrograms(folder: string = dist): Promise<readonly Built[]> {
  const built: Built[] = [];
  for (const { name, entry } of programs) built.push(await buildProgram(entry, join(folder, name)));
  return built;
}
