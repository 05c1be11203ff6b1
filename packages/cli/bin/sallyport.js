#!/usr/bin/env node
// Plain ES2020 for any Node from 18 on: finds a Node 24, then runs the command line.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isBuilt } from "./is-built.js";
import { passSignals } from "./pass-signals.js";

const here = dirname(fileURLToPath(import.meta.url));
// In a tree that was edited since, what was edited is run.
const fromSource = existsSync(join(here, "..", "src", "main.ts")) && !isBuilt();

if (Number(process.versions.node.split(".")[0]) >= 24 && !fromSource) {
  await import("./run.js");
} else {
  const conditions = fromSource ? ["--conditions=source"] : [];
  const words = [
    ...conditions,
    "--disable-warning=ExperimentalWarning",
    join(here, "run.js"),
    ...process.argv.slice(2),
  ];
  const child = spawn(findNode(), words, { stdio: "inherit" });
  passSignals(child);
  child.on("exit", (status, signal) => {
    if (signal !== null) process.removeAllListeners(signal);
    if (signal === null) process.exit(status);
    else process.kill(process.pid, signal);
  });
}

function findNode() {
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  const require = createRequire(import.meta.url);
  try {
    const packaged = join(dirname(require.resolve(`node-linux-${process.arch}/package.json`)), "bin", "node");
    if (existsSync(packaged)) return packaged;
  } catch {
    // not installed: said below
  }
  process.stderr.write(`sallyport: needs Node 24 or newer (found ${process.versions.node})\n`);
  process.exit(1);
}
