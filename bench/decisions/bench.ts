import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DecisionCollector } from "../../packages/cli/src/opa/server/decision-collector.fixture.ts";
import { DecisionLife } from "../../packages/cli/src/opa/server/decision-life.fixture.ts";
import { builtArguments } from "../../scripts/node-arguments.ts";
import { cpuMs } from "../peer.ts";
import { findOpaCommand } from "../rego/peers.ts";

/** How decisions are kept until their service has them; `none`: they are not logged. */
export type Buffer = "none" | "size" | "event" | "disk";

export interface DecisionFigures {
  readonly server: "sallyport" | "opa";
  readonly buffer: Buffer;
  readonly perSecond: number;
  /** By the server's own processor time. */
  readonly perCoreSecond: number;
  /** Decisions that were answered, with those of the warm-up. */
  readonly answered: number;
  /** How many of them never came to the service, after the server was killed under load and started again; undefined where none are logged. */
  readonly lost: number | undefined;
}

export interface DecisionReport {
  readonly figures: readonly DecisionFigures[];
  /** Why the peer was not measured. */
  readonly peerSkipped: string | undefined;
}

const clients = 64;
const warmMs = 3000;
const measuredMs = 5000;

/** No decision has come for so long: none will. */
const quietMs = 3000;

const ourBuffers: readonly Buffer[] = ["none", "size", "event", "disk"];
const peerBuffers: readonly Buffer[] = ["none", "size", "event"];

const policy = `package p

default allow := false

allow if {
	some grant in input.grants
	grant.action == "read"
	startswith(input.path, grant.prefix)
}
`;

const grants = Array.from({ length: 8 }, (_, i) => ({ action: i === 7 ? "read" : "write", prefix: `/team-${i}/` }));

/** Decisions a second that are logged to a service of this process, and how many are lost with `kill -9`. */
export async function run(progress: (text: string) => void): Promise<DecisionReport> {
  const figures: DecisionFigures[] = [];
  const peer = findOpaCommand();
  const peers = "file" in peer ? peerBuffers.map((buffer) => ["opa", buffer, [peer.file]] as const) : [];
  for (const [server, buffer, words] of [
    ...ourBuffers.map((each) => ["sallyport", each, [process.execPath, ...builtArguments, "opa"]] as const),
    ...peers,
  ]) {
    progress(`${server}, ${buffer}`);
    figures.push({ server, buffer, ...(await measure(words, buffer)) });
  }
  return { figures, peerSkipped: "file" in peer ? undefined : peer.skipped };
}

async function measure(words: readonly string[], buffer: Buffer): Promise<Omit<DecisionFigures, "server" | "buffer">> {
  const folder = mkdtempSync(join(tmpdir(), "bench-decisions-"));
  const collector = await DecisionCollector.start();
  writeFileSync(join(folder, "p.rego"), policy);
  writeFileSync(join(folder, "config.yaml"), JSON.stringify(configFor(buffer, collector.url)));
  try {
    const life = await DecisionLife.begin(words, folder);
    const answered: (string | undefined)[] = [];
    const lanes = Array.from({ length: clients }, (_, lane) => ask(life, lane, answered));
    await new Promise((resolve) => setTimeout(resolve, warmMs));
    const [count, cpu, start] = [answered.length, cpuMs(life), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, measuredMs));
    const made = answered.length - count;
    const perSecond = (made / (performance.now() - start)) * 1000;
    const perCoreSecond = (made / (cpuMs(life) - cpu)) * 1000;
    await life.end("SIGKILL");
    await Promise.all(lanes);
    const lost = buffer === "none" ? undefined : await lostOf(words, folder, collector, answered as string[]);
    return { perSecond, perCoreSecond, answered: answered.length, lost };
  } finally {
    collector.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function configFor(buffer: Buffer, url: string): object {
  if (buffer === "none") return {};
  const reporting = { buffer_type: buffer, min_delay_seconds: 1, max_delay_seconds: 1 };
  return {
    services: { logs: { url } },
    persistence_directory: "kept",
    decision_logs: { service: "logs", reporting },
  };
}

async function ask(life: DecisionLife, lane: number, answered: (string | undefined)[]): Promise<void> {
  for (let i = 0; ; i++) {
    const answer = await life.decide({ path: `/team-7/${lane}/${i}`, grants });
    if (answer === undefined) return;
    answered.push(answer.id);
  }
}

/** The next life of the server sends what the one before has kept. */
async function lostOf(
  words: readonly string[],
  folder: string,
  { times }: DecisionCollector,
  answered: readonly string[],
): Promise<number> {
  const life = await DecisionLife.begin(words, folder);
  for (let [known, since] = [-1, 0]; times.size > known || performance.now() - since < quietMs; ) {
    if (times.size > known) [known, since] = [times.size, performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await life.end("SIGTERM");
  return answered.filter((id) => !times.has(id)).length;
}
