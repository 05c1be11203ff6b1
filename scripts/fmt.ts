import { spawnSync } from "node:child_process";

const run = spawnSync("node_modules/.bin/biome", ["check", "--write", ...process.argv.slice(2)], { stdio: "inherit" });
process.exit(run.status ?? 1);
