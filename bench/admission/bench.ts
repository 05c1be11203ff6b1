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
  /** The same of the first reviews after its start. */
  readonly coldPerCoreSecond: number;
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
/**
 * V8 compiles a function with what it has learned only after 3,000 calls, and one review calls for few of the templates: a review costs us
 * less and less until some 20,000 were answered. Go is as fast at first; a server is not waited for longer than `longestWarmMs`.
 */
const [coldReviews, warmReviews, longestWarmMs] = [2_000, 20_000, 60_000];
const roundMs = 5_000;
/** For connections to be opened, as those of an API server are. */
const openMs = 3_000;
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
  const round = async (ms: number, most?: number) => {
    const before = server.cpuMs();
    const { done, seconds } = await saturate(reviewer, reviews, lanes, ms, most);
    return { perSecond: done / seconds, perCoreSecond: (done * 1000) / (server.cpuMs() - before) };
  };
  const cold = await round(longestWarmMs, coldReviews);
  await round(longestWarmMs, warmReviews - coldReviews);
  const warm = await round(roundMs);
  reviewer.close();
  const wide = new Reviewer(server, ca, 64);
  await pace(wide, reviews, perSecond, openMs);
  const paced = await pace(wide, reviews, perSecond, pacedMs);
  wide.close();
  return { ...warm, coldPerCoreSecond: cold.perCoreSecond, paced, rssMb: server.rssMb() };
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
