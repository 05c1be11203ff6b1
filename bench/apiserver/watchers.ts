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
const collection = "/api/v1/namespaces/bench-8/configmaps";

/** 100 watchers of one namespace in which objects are created one after another: how soon each of them has each event. */
export async function measureFanOut(access: Access, writer: Lane): Promise<FanOut> {
  const lanes = await Promise.all(Array.from({ length: watchers }, () => Lane.open(access)));
  const sent: number[] = [];
  const times: number[] = [];
  let done: () => void = () => {};
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  const receive = (line: string) => {
    const [, index] = /"name":"fan-(\d+)"/.exec(line) ?? [];
    if (index !== undefined) times.push(performance.now() - (sent[Number(index)] as number));
    if (times.length >= watchers * events) done();
  };
  try {
    await Promise.all(lanes.map((lane) => lane.watch(`${collection}?watch=true&resourceVersion=0`, receive)));
    const start = performance.now();
    for (let i = 0; i < events; i++) {
      sent[i] = performance.now();
      const body = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: `fan-${i}` },
        data: { key: "x".repeat(1000) },
      };
      const { code } = await writer.send("POST", collection, JSON.stringify(body));
      if (code !== 201) throw new Error(`a create under watch was answered ${code}`);
    }
    await Promise.race([
      all,
      new Promise((_, reject) => setTimeout(reject, 60_000, new Error("watchers miss events"))),
    ]);
    const seconds = (performance.now() - start) / 1000;
    return {
      fanOutPerSecond: times.length / seconds,
      fanOutP50Ms: median(times),
      fanOutP99Ms: quantile(times, 0.99),
    };
  } finally {
    for (const lane of lanes) lane.close();
  }
}
