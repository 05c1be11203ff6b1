import { Agent, request } from "node:https";
import { quantile } from "../client.ts";
import type { ReviewServer } from "./servers.ts";

/** A client of one server, over connections that stay open. */
export class Reviewer {
  readonly #agent: Agent;
  readonly #server: ReviewServer;

  constructor(server: ReviewServer, ca: string, connections: number) {
    this.#server = server;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, ca });
  }

  /** The answer's text. Rejects for any code but 200. */
  ask(review: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(review) };
      const { url, path, name } = this.#server;
      const options = { method: "POST", agent: this.#agent, headers };
      const outgoing = request(`${url}${path}`, options, async (incoming) => {
        let text = "";
        for await (const chunk of incoming.setEncoding("utf8")) text += chunk;
        if (incoming.statusCode === 200) resolve(text);
        else reject(new Error(`${name} answered ${incoming.statusCode}: ${text}`));
      });
      outgoing.on("error", reject);
      outgoing.end(review);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** As many reviews as go, `lanes` at a time, and no more than `most`. */
export async function saturate(
  reviewer: Reviewer,
  reviews: readonly string[],
  lanes: number,
  ms: number,
  most: number = Number.POSITIVE_INFINITY,
) {
  const end = performance.now() + ms;
  let done = 0;
  const lane = async () => {
    while (done < most && performance.now() < end) await reviewer.ask(reviews[done++ % reviews.length] as string);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: lanes }, lane));
  return { done, seconds: (performance.now() - start) / 1000 };
}

export interface Latencies {
  readonly p50: number;
  readonly p99: number;
  /** Of what was asked for: less where the client itself came late. */
  readonly perSecond: number;
}

/** So many reviews a second, whether the ones before are answered or not; times count from when each was due. */
export async function pace(
  reviewer: Reviewer,
  reviews: readonly string[],
  perSecond: number,
  ms: number,
): Promise<Latencies> {
  const start = performance.now();
  const took: Promise<number>[] = [];
  for (let elapsed = 0; elapsed < ms; elapsed = performance.now() - start) {
    while (took.length < (elapsed * perSecond) / 1000) {
      const due = start + (took.length * 1000) / perSecond;
      const review = reviews[took.length % reviews.length] as string;
      took.push(reviewer.ask(review).then(() => performance.now() - due));
    }
    await new Promise((done) => setTimeout(done, 1));
  }
  const times = await Promise.all(took);
  const seconds = (performance.now() - start) / 1000;
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), perSecond: times.length / seconds };
}
