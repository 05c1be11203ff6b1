import type { Access } from "../client.ts";
import { median, quantile } from "../client.ts";
import { Lane } from "./lane.ts";

/** Events that 100 watchers received in a second, and how long after the write began each of them had each. */
export interface FanOut {
  readonly fanOutPerSecond: number;
  readonly fanOutP50Ms: number;
  readonly fanOutP99Ms: number;
}

const watchers = 100;
const events = 200;
/** Of so many the median counts, as of creates. */
const rounds = 5;
const collection = "/api/v1/namespaces/bench-8/configmaps";
const named = Buffer.from('"name":"fan-');
const lineFeed = 10;

/** 100 watchers of one namespace in which objects are created one after another: how soon each of them has each event. */
export async function measureFanOut(access: Access, writer: Lane): Promise<FanOut> {
  const lanes = await Promise.all(Array.from({ length: watchers }, () => Lane.open(access)));
  let round: Round | undefined;
  try {
    const onEvent = (index: number) => round?.received(index);
    await Promise.all(lanes.map((lane) => lane.watch(`${collection}?watch=true&resourceVersion=0`, eventsOf(onEvent))));
    const found: FanOut[] = [];
    for (let i = 0; i < rounds; i++) {
      round = new Round(i * events);
      found.push(await round.run(writer));
    }
    return found.toSorted((a, b) => a.fanOutPerSecond - b.fanOutPerSecond)[(rounds - 1) / 2] as FanOut;
  } finally {
    for (const lane of lanes) lane.close();
  }
}

/** Objects that are created one after another, and who is told of them when. */
class Round {
  readonly #first: number;
  readonly #sent: number[] = [];
  readonly #times: number[] = [];
  #done: () => void = () => {};

  /** Names are counted from here on. */
  constructor(first: number) {
    this.#first = first;
  }

  received(index: number): void {
    this.#times.push(performance.now() - (this.#sent[index - this.#first] as number));
    if (this.#times.length >= watchers * events) this.#done();
  }

  async run(writer: Lane): Promise<FanOut> {
    const requests = Array.from({ length: events }, (_, i) =>
      writer.request("POST", collection, configMap(this.#first + i)),
    );
    const all = new Promise<void>((resolve) => {
      this.#done = resolve;
    });
    const start = performance.now();
    for (let i = 0; i < events; i++) {
      this.#sent[i] = performance.now();
      const { code } = await writer.send(requests[i] as Buffer);
      if (code !== 201) throw new Error(`a create under watch was answered ${code}`);
    }
    await within(60_000, all);
    const seconds = (performance.now() - start) / 1000;
    return {
      fanOutPerSecond: this.#times.length / seconds,
      fanOutP50Ms: median(this.#times),
      fanOutP99Ms: quantile(this.#times, 0.99),
    };
  }
}

function configMap(index: number): string {
  const metadata = { name: `fan-${index}` };
  return JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata, data: { key: "x".repeat(1000) } });
}

async function within(ms: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, ms, new Error("watchers miss events"));
  });
  await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Reads events as lines, wherever HTTP's chunks end: Go cuts by its buffers. `onEvent` is told of each by the number in its object's name. */
function eventsOf(onEvent: (index: number) => void): (bytes: Buffer) => void {
  let rest: Buffer | undefined;
  return (bytes) => {
    const all = rest === undefined ? bytes : Buffer.concat([rest, bytes]);
    let at = 0;
    for (let end = all.indexOf(lineFeed, at); end >= 0; end = all.indexOf(lineFeed, at)) {
      const name = all.indexOf(named, at);
      if (name >= 0 && name < end)
        onEvent(Number.parseInt(all.toString("latin1", name + named.length, name + named.length + 10), 10));
      at = end + 1;
    }
    // The next read overwrites it.
    rest = at === all.length ? undefined : Buffer.from(all.subarray(at));
  };
}
