#!/usr/bin/env node
// Plain ES2020 for any Node from 18 on: makes sure that dependencies and Node 24 are there, then runs the real script.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isBuilt } from "../packages/cli/bin/is-built.js";
import { passSignals } from "../packages/cli/bin/pass-signals.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const scripts = {
  build: "scripts/build.ts",
  start: "scripts/start.ts",
  test: "scripts/test.ts",
  conformance: "scripts/conformance.ts",
  differential: "scripts/differential.ts",
  bench: "scripts/bench.ts",
  fmt: "scripts/fmt.ts",
  generate: "scripts/generate.ts",
};

const [task, ...args] = process.argv.slice(2);
if (!Object.hasOwn(scripts, task ?? ""))
  fail(`unknown task ${JSON.stringify(task ?? "")}; known: ${Object.keys(scripts).join(", ")}`);
installIfNeeded();
if (task === "start" || task === "bench") buildIfNeeded();
const words = ["--conditions=source", "--disable-warning=ExperimentalWarning", join(root, scripts[task]), ...args];
const child = spawn(findNode(), words, { stdio: "inherit", cwd: root });
passSignals(child);
child.on("error", (error) => fail(error.message));
child.on("exit", (status) => process.exit(status ?? 1));

/** Installs when there is no install yet, or when the lock file is newer than the install. */
function installIfNeeded() {
  const marker = join(root, "node_modules", ".package-lock.json");
  const lock = join(root, "package-lock.json");
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs) return;
  process.stderr.write("sallyport: installing dependencies (once)…\n");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const run = spawnSync(npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (run.status !== 0) fail("npm ci failed; see above. It needs the npm registry, once.");
}

/** What is started is the built program; where it cannot be built, which is said, its sources run, and start slower. */
function buildIfNeeded() {
  if (isBuilt()) return;
  process.stderr.write("sallyport: building…\n");
  spawnSync(findNode(), [join(root, scripts.build), "--program"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** This Node when it is new enough, else the one that npm installed. */
function findNode() {
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  const packaged = join(root, "node_modules", `node-linux-${process.arch}`, "bin", "node");
  if (existsSync(packaged)) return packaged;
  const floor = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).engines.node;
  fail(
    `needs Node 24 (found ${process.versions.node}), and npm has no packaged Node for ${process.platform}-${process.arch}; install Node 24 by hand (set-up itself runs on ${floor})`,
  );
}

function fail(message) {
  process.stderr.write(`sallyport: ${message}\n`);
  process.exit(1);
}
