import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");

/**
 * Makes a room a library for those who have another program: modules without TypeScript at the places of its `exports`, and declarations
 * of types beside them. The room's own dependencies stay imports. Throws with what the compiler says.
 */
export async function buildLibrary(room: string, outdir: string): Promise<void> {
  const folder = join(root, "packages", room);
  const { exports, dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    readonly exports: { readonly [door: string]: { readonly source: string } };
    readonly dependencies?: { readonly [name: string]: string };
  };
  await build({
    entryPoints: Object.values(exports).map(({ source }) => join(folder, source)),
    outbase: join(folder, "src"),
    outdir,
    bundle: true,
    splitting: true,
    platform: "neutral",
    format: "esm",
    target: "es2024",
    external: Object.keys(dependencies),
    conditions: ["source"],
    logLevel: "warning",
  });
  declareTypes(folder, outdir);
}

function declareTypes(folder: string, outdir: string): void {
  const flags = ["--emitDeclarationOnly", "--composite", "false", "--isolatedDeclarations", "false"];
  const places = ["--outDir", outdir, "--noEmit", "false", "--sourceMap", "false"];
  const run = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", folder, ...flags, ...places], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`declarations of ${folder}: ${run.stdout}${run.stderr}`);
}
