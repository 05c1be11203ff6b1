import { existsSync } from "node:fs";
import { type AdmissionReport, run as runAdmission } from "../bench/admission/bench.ts";
import { run as runApiServer } from "../bench/apiserver/bench.ts";
import { rows as apiServerRows, type Figures } from "../bench/apiserver/figures.ts";
import { type CelReport, run as runCel } from "../bench/cel/bench.ts";
import { type DecisionReport, run as runDecisions } from "../bench/decisions/bench.ts";
import { type GateReport, run as runGate } from "../bench/gate.ts";
import { type GatekeeperReport, run as runGatekeeper } from "../bench/gatekeeper/bench.ts";
import { type MeshReport, run as runMesh } from "../bench/mesh/bench.ts";
import { measureSigning, type SigningFigures } from "../bench/mesh/signing.ts";
import { type PolicyServerReport, run as runPolicyServer } from "../bench/policy-server/bench.ts";
import { type RegoReport, run as runRego } from "../bench/rego/bench.ts";
import type { MemoryReport } from "../bench/rego/memory.ts";
import { type RuntimeReport, run as runRuntime } from "../bench/runtime/bench.ts";
import { run as runSecretsScan, type ScanReport } from "../bench/secrets-scan/bench.ts";
import { dataFolder } from "../conformance/suite.ts";

// `npm run bench -- [BENCH] [--json]`, or `rego [WORKLOAD] [--json]`: each figure of ours beside the peer's of the same run, as a ratio.
const args = process.argv.slice(2);
const json = args.includes("--json");
const [name = "gate", filter, ...more] = args.filter((arg) => !arg.startsWith("--"));
const unknown = args.find((arg) => arg.startsWith("--") && arg !== "--json") ?? more[0];
const progress = (text: string) => void process.stderr.write(`bench: ${text}\n`);

interface Bench<T> {
  readonly run: (progress: (text: string) => void, filter?: string) => T | Promise<T>;
  readonly print: (report: T) => void;
}

/** Runs it, and prints its report for people or programs. */
async function report<T>({ run, print }: Bench<T>): Promise<void> {
  const measured = await run(progress, filter);
  if (json) console.log(JSON.stringify(measured, undefined, 2));
  else print(measured);
}

const benches: { readonly [name: string]: () => Promise<void> } = {
  gate: () => report({ run: runGate, print }),
  admission: () => report({ run: runAdmission, print: printAdmission }),
  apiserver: () =>
    report({ run: runApiServer, print: (figures) => printRows<Figures>(apiServerRows, figures, figures.peer) }),
  cel: () => report({ run: runCel, print: printCel }),
  decisions: () => report({ run: runDecisions, print: printDecisions }),
  gatekeeper: () => report({ run: runGatekeeper, print: printGatekeeper }),
  mesh: () =>
    report({
      run: async (tell, part) => {
        tell("certificates");
        const certificates = measureSigning();
        return { ...(part === "certificates" ? noProxies : await runMesh(tell)), certificates };
      },
      print: printMesh,
    }),
  "policy-server": () => report({ run: runPolicyServer, print: printPolicyServer }),
  rego: () => report({ run: runRego, print: printRego }),
  runtime: () => report({ run: runRuntime, print: printRuntime }),
  "secrets-scan": () => report({ run: runSecretsScan, print: printSecretsScan }),
};

/** Of `mesh certificates`. */
const noProxies: MeshReport = { ratios: {}, figures: [], skipped: [] };

/** gatekeeper-library's in July 2026; the conformance data is a sample of it. */
const upstreamTemplates = 49;

/** Those that work on policies and samples of the conformance data. */
const readsSamples: ReadonlySet<string> = new Set(["admission", "gatekeeper", "rego"]);
const samples = dataFolder({ folder: "gatekeeper-library" });

const isPart = name === "rego" || (name === "mesh" && filter === "certificates");
if (unknown !== undefined || (filter !== undefined && !isPart)) fail(`unexpected ${unknown ?? filter}`);
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench === undefined) fail(`unknown benchmark ${name}`);
else if (readsSamples.has(name) && !existsSync(samples)) {
  console.error(`bench: no conformance data in ${samples}; set SALLYPORT_CONFORMANCE to its folder`);
  process.exit(2);
} else await bench();

function fail(message: string): never {
  console.error(`bench: ${message}; usage: npm run bench -- [${Object.keys(benches).join(" | ")} [WORKLOAD]] [--json]`);
  process.exit(2);
}

function printRuntime({ figures, costs, pods, skipped }: RuntimeReport): void {
  const at = (times: readonly number[], part: number) => times[Math.floor(times.length * part)] as number;
  const heads = ["sallyport p50", "bare p50", "more", "sallyport p95", "bare p95"];
  console.log("ms".padEnd(24) + heads.map((head) => head.padStart(15)).join(""));
  for (const { handler, version, ...work } of figures)
    for (const kind of ["run", "exec"] as const) {
      const { sallyport, bare } = work[kind];
      const [mine, theirs] = [at(sallyport, 0.5), at(bare, 0.5)];
      const cells = [mine, theirs, mine - theirs, at(sallyport, 0.95), at(bare, 0.95)].map((each) => each.toFixed(0));
      console.log(`${handler} ${version}, ${kind}`.padEnd(24) + cells.map((cell) => cell.padStart(15)).join(""));
    }
  const table = (head: readonly string[], rows: readonly (readonly [string, ...number[]])[]) => {
    console.log(head.map((each, i) => (i === 0 ? each.padEnd(24) : each.padStart(15))).join(""));
    for (const [name, ...cells] of rows)
      console.log(name.padEnd(24) + cells.map((cell) => cell.toFixed(cell < 10 ? 1 : 0).padStart(15)).join(""));
  };
  table(
    ["ms", "200k calls", "500 files"],
    costs.map(({ handler, callsMs, filesMs }) => [handler, callsMs, filesMs] as const),
  );
  table(
    ["pods", "per minute", "MB each", "requests/s", "dropped", "MB/s"],
    pods.map((each) => [
      each.handler,
      each.podsPerMinute,
      each.mbPerPod,
      each.requestsPerSecond,
      each.dropped,
      each.mbPerSecond,
    ]),
  );
  for (const each of skipped) console.log(`skipped ${each}`);
}

interface Certificates {
  readonly certificates: SigningFigures;
}

function printMesh({ ratios, figures, skipped, certificates }: MeshReport & Certificates): void {
  const rows: readonly (readonly [string, (each: MeshReport["figures"][number]) => number])[] = [
    ["requests, a core second", (each) => each.requestsPerCoreSecond],
    ["requests a second", (each) => each.requestsPerSecond],
    ["connections, a core second", (each) => each.connectionsPerCoreSecond],
    ["connections a second", (each) => each.connectionsPerSecond],
    ["MB, a core second", (each) => each.megabytesPerCoreSecond],
    ["MB a second", (each) => each.megabytesPerSecond],
    ["added p50, ms", (each) => each.addedP50],
    ["added p99, ms", (each) => each.addedP99],
    ["resident memory, MB", (each) => each.rssMb],
  ];
  if (figures.length > 0)
    console.log("".padEnd(30) + figures.map(({ name: each, version }) => `${each} ${version}`.padStart(28)).join(""));
  for (const [label, value] of figures.length === 0 ? [] : rows)
    console.log(label.padEnd(30) + figures.map((each) => value(each).toFixed(2).padStart(28)).join(""));
  for (const [peer, { keepalive, newconn, bulk }] of Object.entries(ratios)) {
    const [requests, connections, bytes] = [keepalive, newconn, bulk].map((each) => `${each.toFixed(2)} ×`);
    console.log(`${peer}: requests ${requests}, connections ${connections}, bulk ${bytes}`);
  }
  for (const each of skipped) console.log(`skipped ${each}`);
  const { signedPerCoreSecond, signedPerSecond, peersPerCoreSecond, knownPeersPerCoreSecond } = certificates;
  const [cores, clock, fresh, known] = [
    signedPerCoreSecond,
    signedPerSecond,
    peersPerCoreSecond,
    knownPeersPerCoreSecond,
  ].map((each) => each.toFixed(0));
  console.log(
    `certificates signed, a core second ${cores}, a second ${clock}; peers checked, a core second ${fresh}, known ones ${known}`,
  );
}

function printSecretsScan({ own, ofPublic, peer, megabytesPerCoreSecond }: ScanReport): void {
  for (const [name, rates] of [
    ["sallyport", own],
    ["  of what is as in public repositories", ofPublic],
    ["gitleaks", peer],
  ] as const) {
    if (rates === undefined) continue;
    const { recall, precision, secrets, missed, wrong } = rates;
    console.log(
      `${name}: recall ${recall.toFixed(3)}, precision ${precision.toFixed(3)} (${secrets} secrets, ${missed.length} missed, ${wrong.length} wrong)`,
    );
    const kinds = [...new Set(missed.map(({ kind }) => kind))].map(
      (kind) => `${kind} ${missed.filter((each) => each.kind === kind).length}`,
    );
    if (kinds.length > 0) console.log(`  missed: ${kinds.join(", ")}`);
  }
  console.log(`${megabytesPerCoreSecond.toFixed(1)} MB of manifests in a second of the processor`);
}

function print({ peer, decisionsPerSecond, ...ours }: GateReport): void {
  const rows: Rows<typeof ours> = [
    ["readyMs", "start to ready, ms", "less"],
    ["rssMb", "resident memory empty, MB", "less"],
    ["createsPerSecond1", "durable creates/s, 1 client", "more"],
    ["createsPerSecond64", "durable creates/s, 64 clients", "more"],
    ["getsPerSecond64", "gets/s, 64 clients", "more"],
    ["listsPerSecond", "lists of 500/s, 4 clients", "more"],
    ["kubectlGetPodsMs", "kubectl get pods, ms", "less"],
  ];
  printRows(rows, ours, peer);
  console.log(`${"decisions/s in process, 20 policies".padEnd(34)}${text(decisionsPerSecond).padStart(11)}`);
}

/** How many templates were loaded, and why not all that there are. */
function loadedText({ templates, omitted }: AdmissionReport): string {
  const inData = templates + omitted;
  const why = [
    ...(omitted === 0 ? [] : [`${omitted} of the data have no Rego or no samples`]),
    ...(inData >= upstreamTemplates
      ? []
      : [`the data is a sample, without ${upstreamTemplates - inData} of gatekeeper-library's ${upstreamTemplates}`]),
  ];
  return `${templates} templates loaded${why.length === 0 ? "" : ` (${why.join("; ")})`}`;
}

function printAdmission(report: AdmissionReport): void {
  const { reviews, denied, inProcess, sallyport, opa, replicated } = report;
  const theirs = typeof opa === "string" ? undefined : opa;
  const rows: readonly (readonly [string, number, number | string | undefined])[] = [
    ["decisions/s in process, one core", inProcess.sallyport, inProcess.opa],
    ["decisions/s over HTTPS", sallyport.perSecond, theirs?.perSecond],
    ["decisions over HTTPS per core second", sallyport.perCoreSecond, theirs?.perCoreSecond],
    ["the same of the first 2,000", sallyport.coldPerCoreSecond, theirs?.coldPerCoreSecond],
    ["p50 at 1,000/s, ms", sallyport.paced.p50, theirs?.paced.p50],
    ["p99 at 1,000/s, ms", sallyport.paced.p99, theirs?.paced.p99],
    ["kept of 1,000/s", sallyport.paced.perSecond, theirs?.paced.perSecond],
    ["resident memory, MB", sallyport.rssMb, theirs?.rssMb],
  ];
  console.log(`${loadedText(report)}, ${reviews} reviews, ${denied} refused`);
  console.log(`${"".padEnd(38)}${"sallyport".padStart(11)}${"opa".padStart(11)}`);
  for (const [label, mine, other] of rows)
    console.log(
      label.padEnd(38) + text(mine).padStart(11) + (typeof other === "number" ? text(other) : "–").padStart(11),
    );
  for (const skipped of [opa, inProcess.opa])
    if (typeof skipped === "string") console.log(`opa was not measured: ${skipped}`);
  console.log(
    `${replicated.objects} pods replicated (${text(replicated.jsonMb)} MB of JSON): ${text(replicated.rssMb)} MB resident, ready after ${replicated.readySeconds.toFixed(1)} s`,
  );
}

function printGatekeeper({ templates, objects, rates, audit, opaSkipped }: GatekeeperReport): void {
  console.log(`${templates} templates of gatekeeper-library, ${objects} objects in turn; reviews a second on one core`);
  console.log(["constraints", "Rego", "CEL and Rego", "opa bench", "ratio"].map((each) => each.padStart(14)).join(""));
  for (const { constraints, rego, cel, opa } of rates) {
    const ratio = opa === undefined ? "–" : `${(rego / opa).toFixed(2)} ×`;
    const cells = [String(constraints), text(rego), text(cel), text(opa), ratio];
    console.log(cells.map((each) => each.padStart(14)).join(""));
  }
  if (opaSkipped !== undefined) console.log(`opa was not measured: ${opaSkipped}`);
  const { seconds, cpuSeconds, peakMb, jsonMb, violations } = audit;
  console.log(
    `audit of ${audit.objects} pods (${text(jsonMb)} MB of JSON) against ${audit.constraints} constraints: ${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of a processor), ${text(peakMb)} MB at the most, ${violations} violations told`,
  );
}

function printCel({ figures, peerSkipped }: CelReport): void {
  console.log(
    `${"expression".padEnd(24)}${"us".padStart(9)}${"cel-go".padStart(9)}${"ratio".padStart(8)}${"compile us".padStart(12)}`,
  );
  for (const { name: expression, us, peerUs, compileUs } of figures) {
    const peer = peerUs === undefined ? ["–", "–"] : [peerUs.toFixed(2), (peerUs / us).toFixed(2)];
    const cells = [
      us.toFixed(2).padStart(9),
      `${peer[0]}`.padStart(9),
      `${peer[1]}`.padStart(8),
      compileUs.toFixed(0).padStart(12),
    ];
    console.log(expression.padEnd(24) + cells.join(""));
  }
  if (peerSkipped !== undefined) console.log(`cel-go was not measured: ${peerSkipped}`);
}

function printPolicyServer({ puts, decisions }: PolicyServerReport): void {
  for (const { policies, sallyport, opa } of puts)
    console.log(`PUT of policy number ${policies}: ${text(sallyport)} ms (opa ${text(opa)} ms)`);
  printDecisions(decisions);
}

function printDecisions({ figures, peerSkipped }: DecisionReport): void {
  const heads = ["decisions/s", "a core second", "answered", "lost by kill -9"];
  console.log(`${"server".padEnd(12)}${"buffer".padEnd(8)}${heads.map((head) => head.padStart(17)).join("")}`);
  for (const { server, buffer, perSecond, perCoreSecond, answered, lost } of figures) {
    const cells = [text(perSecond), text(perCoreSecond), String(answered), lost === undefined ? "–" : String(lost)];
    console.log(server.padEnd(12) + buffer.padEnd(8) + cells.map((cell) => cell.padStart(17)).join(""));
  }
  if (peerSkipped !== undefined) console.log(`opa was not measured: ${peerSkipped}`);
}

type Rows<Figures> = readonly (readonly [keyof Figures, string, "more" | "less"])[];

function printRows<Figures extends object>(rows: Rows<Figures>, ours: Figures, peer: Figures | string): void {
  console.log(`${"".padEnd(34)}${"sallyport".padStart(12)}${"etcd+apiserver".padStart(16)}${"ratio".padStart(9)}`);
  for (const [key, label, better] of rows) {
    const mine = ours[key] as number | undefined;
    const theirs = typeof peer === "string" ? undefined : (peer[key] as number | undefined);
    const ratio =
      mine === undefined || theirs === undefined
        ? "–"
        : `${(better === "more" ? mine / theirs : theirs / mine).toFixed(2)} ×`;
    console.log(`${label.padEnd(34)}${text(mine).padStart(12)}${text(theirs).padStart(16)}${ratio.padStart(9)}`);
  }
  console.log(typeof peer === "string" ? `peer ${peer}` : "ratio: above 1 means that Sallyport is better");
}

function text(value: number | undefined): string {
  return value === undefined ? "–" : value >= 100 ? String(Math.round(value)) : value.toFixed(1);
}

function printRego({
  workloads,
  joins,
  geomean,
  worst,
  wholeGeomean,
  projection,
  compileMs,
  puts,
  memory,
  skipped,
}: RegoReport): void {
  console.log(
    "parsed: evaluation on parsed input, the policy prepared. whole: with parsing the input and writing the result.",
  );
  console.log("microseconds of one evaluation; N × means that the peer takes N times as long.");
  const columns = ["parsed", "opa", "", "regorus", "", "by", "whole", "opa", "", "regorus", ""];
  console.log(row("", columns));
  for (const { name: workload, us, wholeUs, regorus } of [...workloads, ...joins])
    console.log(row(workload, [...cells(us), regorus ?? "–", ...cells(wholeUs)]));
  console.log(`parsed, geometric mean: opa ${times(geomean.opa)}, regorus ${times(geomean.regorus)}`);
  console.log(`parsed, worst workload: opa ${times(worst.opa)}, regorus ${times(worst.regorus)}`);
  console.log(`whole, geometric mean: opa ${times(wholeGeomean.opa)}, regorus ${times(wholeGeomean.regorus)}`);
  console.log(
    `compile, cold: gatekeeper-library ${text(compileMs.library)} ms (first run of a build: ${text(compileMs.firstRun.library)} ms) and its plans ${text(compileMs.plans)} ms (processor time of both: ${text(compileMs.cpu)} ms), one policy with its plan ${text(compileMs.policy)} ms`,
  );
  const one = puts.one.map(({ modules, ms }) => `the ${modules}th ${text(ms.sallyport)} ms (opa ${text(ms.opa)} ms)`);
  console.log(
    `${puts.modules} modules one by one: ${one.join(", ")}; ${text(puts.all)} ms together, all at once ${text(puts.whole)} ms`,
  );
  for (const [engine, each] of Object.entries(memory) as [string, MemoryReport["sallyport"]][])
    console.log(
      `base data of ${each.pods} pods, ${engine}: ${(each.jsonBytes / 1e6).toFixed(1)} MB of JSON, ${(each.heapBytes / 1e6).toFixed(1)} MB of heap, ${(each.heapBytes / each.jsonBytes).toFixed(2)} ×`,
    );
  for (const { policy, bytes, wholeUs, projectedUs } of projection)
    console.log(
      `parse, evaluate and output, ${policy} of ${bytes} bytes: all built ${micros(wholeUs)} µs, what is read ${micros(projectedUs)} µs, ${times(wholeUs, projectedUs)}`,
    );
  for (const each of skipped) console.log(`skipped ${each}`);
}

function row(name: string, columns: readonly string[]): string {
  return name.padEnd(44) + columns.map((each) => each.padStart(12)).join("");
}

function cells({ sallyport, opa, regorus }: RegoReport["geomean"] & { readonly sallyport: number }): readonly string[] {
  return [micros(sallyport), micros(opa), times(opa, sallyport), micros(regorus), times(regorus, sallyport)];
}

function micros(us: number | undefined): string {
  return us === undefined ? "–" : us.toFixed(2);
}

/** How many times longer the peer takes. */
function times(theirs: number | undefined, ours = 1): string {
  return theirs === undefined ? "–" : `${(theirs / ours).toFixed(1)} ×`;
}
