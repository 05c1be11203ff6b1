import { spawn } from "node:child_process";

// `npm start`: the server with the tour. `-- --no-tour` just serves, `-- --exit` ends after the tour with its verdict.
const args = process.argv.slice(2);
const flags = args.includes("--no-tour") ? args.filter((arg) => arg !== "--no-tour") : ["--tour", ...args];

const child = spawn(process.execPath, ["packages/cli/bin/sallyport.js", "up", ...flags], {
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => process.exit(code ?? 1));
