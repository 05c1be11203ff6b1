import { type GateReport, run as runGate } from "../bench/gate.ts";

// `npm run bench -- [gate] [--json]`: each figure of ours beside the peer's of the same run, as a ratio.
const args = process.argv.slice(2);
const json = args.includes("--json");
const [name = "gate"] = args.filter((arg) => !arg.startsWith("--"));
if (name !== "gate") {
  console.error(`bench: unknown benchmark ${JSON.stringify(name)}; known: gate`);
  process.exit(2);
}

const report = await runGate((text) => process.stderr.write(`bench: ${text}\n`));
if (json) console.log(JSON.stringify(report, undefined, 2));
else print(report);

function print({ peer, decisionsPerSecond, ...ours }: GateReport): void {
  const rows: [keyof typeof ours, string, "more" | "less"][] = [
    ["readyMs", "start to ready, ms", "less"],
    ["rssMb", "resident memory empty, MB", "less"],
    ["createsPerSecond1", "durable creates/s, 1 client", "more"],
    ["createsPerSecond64", "durable creates/s, 64 clients", "more"],
    ["getsPerSecond64", "gets/s, 64 clients", "more"],
    ["listsPerSecond", "lists of 500/s, 4 clients", "more"],
    ["kubectlGetPodsMs", "kubectl get pods, ms", "less"],
  ];
  console.log(`${"".padEnd(34)}${"sallyport".padStart(12)}${"etcd+apiserver".padStart(16)}${"ratio".padStart(9)}`);
  for (const [key, label, better] of rows) {
    const mine = ours[key];
    const theirs = typeof peer === "string" ? undefined : peer[key];
    const ratio =
      mine === undefined || theirs === undefined
        ? "–"
        : `${(better === "more" ? mine / theirs : theirs / mine).toFixed(2)} ×`;
    console.log(`${label.padEnd(34)}${text(mine).padStart(12)}${text(theirs).padStart(16)}${ratio.padStart(9)}`);
  }
  console.log(`${"decisions/s in process, 20 policies".padEnd(34)}${text(decisionsPerSecond).padStart(11)}`);
  if (typeof peer === "string") console.log(`peer ${peer}`);
  else console.log("ratio: above 1 means that Sallyport is better");
}

function text(value: number | undefined): string {
  return value === undefined ? "–" : value >= 100 ? String(Math.round(value)) : value.toFixed(1);
}
