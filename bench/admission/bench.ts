import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataFolder } from "../../conformance/suite.ts";
import { findOpaCommand } from "../rego/peers.ts";
import { startCluster } from "./cluster.ts";
import { type InProcess, measureInProcess } from "./in-process.ts";
import { type Library, loadLibrary } from "./library.ts";
import { type Latencies, pace, Reviewer, saturate } from "./load.ts";
import { type Place, preparePlace, type ReviewServer, startOpaServer, startWebhook } from "./servers.ts";

/** Over HTTPS. */
export interface Served {
  readonly perSecond: number;
  /** Of one core that is busy with nothing else: reviews for each second of the server's processor time. */
  readonly perCoreSecond: number;
  /** At 1,000 reviews a second, ms. */
  readonly paced: Latencies;
  readonly rssMb: number;
}

/** What replicated pods take of a webhook's memory, beside one that has none. */
export interface Replicated {
  readonly objects: number;
  readonly jsonMb: number;
  readonly rssMb: number;
  readonly readySeconds: number;
}

export interface AdmissionReport {
  readonly templates: number;
  /** Templates of the data that no server was given: without Rego or samples. */
  readonly omitted: number;
  readonly reviews: number;
  readonly denied: number;
  readonly inProcess: InProcess;
  readonly sallyport: Served;
  /** The same policies by `opa run --server`, or why not. */
  readonly opa: Served | string;
  readonly replicated: Replicated;
}

const lanes = 16;
const warmMs = 3_000;
const roundMs = 5_000;
const pacedMs = 10_000;
const perSecond = 1_000;
const replicatedPods = 100_000;

/** Decisions of gatekeeper-library's policies: in process, over HTTPS, at a fixed rate, and with many objects replicated. */
export async function run(progress: (text: string) => void): Promise<AdmissionReport> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  const library = loadLibrary(dataFolder({ folder: "gatekeeper-library" }));
  try {
    progress(`${library.templates} templates, ${library.reviews.length} reviews: in process`);
    const inProcess = await measureInProcess(library);
    const place = await preparePlace(folder, library);
    const { sallyport, opa, denied } = await measureServers(place, library, progress);
    progress(`${replicatedPods} pods replicated`);
    const replicated = await measureReplicated(place, sallyport.rssMb);
    const { templates, omitted, reviews } = library;
    return { templates, omitted, reviews: reviews.length, denied, inProcess, sallyport, opa, replicated };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureServers(place: Place, library: Library, progress: (text: string) => void) {
  const cluster = await startCluster(0);
  const webhook = await startWebhook(place, cluster.kubeconfig);
  const command = findOpaCommand();
  const peer = "skipped" in command ? undefined : await startOpaServer(place, command.file);
  try {
    const denied = await compare(webhook, peer, place, library);
    progress("sallyport webhook");
    const sallyport = await measure(webhook, place, library);
    progress("opa run --server");
    const opa = peer === undefined ? (command as { skipped: string }).skipped : await measure(peer, place, library);
    return { sallyport, opa, denied };
  } finally {
    await Promise.all([webhook.stop(), peer?.stop()]);
    cluster.close();
  }
}

interface Answer {
  readonly response: { readonly allowed: boolean; readonly status?: { readonly message?: string } };
}

/** Both must answer the same before anything is timed. Answers how many reviews are refused. */
async function compare(ours: ReviewServer, theirs: ReviewServer | undefined, { ca }: Place, { reviews }: Library) {
  const reviewers = [ours, theirs].filter((each) => each !== undefined).map((each) => new Reviewer(each, ca, 1));
  let denied = 0;
  for (const [i, review] of reviews.entries()) {
    const answers = await Promise.all(reviewers.map(async (each) => JSON.parse(await each.ask(review)) as Answer));
    const [our, their] = answers.map(({ response }) => response);
    const message = their?.status?.message ?? "";
    const isSame =
      their === undefined || (our?.allowed === their.allowed && our.status?.message?.includes(message) !== false);
    if (!isSame) throw new Error(`review ${i}: sallyport ${JSON.stringify(our)}, opa ${JSON.stringify(their)}`);
    if (our?.allowed === false) denied++;
  }
  for (const each of reviewers) each.close();
  return denied;
}

async function measure(server: ReviewServer, { ca }: Place, { reviews }: Library): Promise<Served> {
  const reviewer = new Reviewer(server, ca, lanes);
  await saturate(reviewer, reviews, lanes, warmMs);
  const before = server.cpuMs();
  const { done, seconds } = await saturate(reviewer, reviews, lanes, roundMs);
  const perCoreSecond = (done * 1000) / (server.cpuMs() - before);
  reviewer.close();
  const wide = new Reviewer(server, ca, 64);
  // Its connections are opened first, as those of an API server are.
  await pace(wide, reviews, perSecond, warmMs);
  const paced = await pace(wide, reviews, perSecond, pacedMs);
  wide.close();
  return { perSecond: done / seconds, perCoreSecond, paced, rssMb: server.rssMb() };
}

async function measureReplicated(place: Place, emptyMb: number): Promise<Replicated> {
  const cluster = await startCluster(replicatedPods);
  const start = performance.now();
  const webhook = await startWebhook(place, cluster.kubeconfig, ["pods"]);
  const readySeconds = (performance.now() - start) / 1000;
  const rssMb = webhook.rssMb() - emptyMb;
  await webhook.stop();
  cluster.close();
  return { objects: replicatedPods, jsonMb: cluster.jsonBytes() / 1e6, rssMb, readySeconds };
}
