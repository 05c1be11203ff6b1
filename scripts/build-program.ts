import { createHash } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";

/** Native code stays where npm has put it. */
const external = ["lmdb"];

/** Makes a script of an entry point and all that it imports, `packages/cli/bin/run-built.js` runs it. Answers its size in bytes. */
export async function buildProgram(entryPoint: string, outfile: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [entryPoint],
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    target: "node24",
    conditions: ["source"],
    external,
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
  return whole.length;
}

/** What esbuild leaves as it is, regular expressions and comments, means the same with an escape. */
function inAscii(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

export const builtProgram = join(import.meta.dirname, "../packages/cli/dist/sallyport.cjs");
export const programEntry = join(import.meta.dirname, "../packages/cli/src/main.ts");
