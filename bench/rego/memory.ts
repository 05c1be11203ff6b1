import { execFileSync } from "node:child_process";
import { DataStore, type JsonObject } from "@sallyport/rego";
import type { RegoCase } from "./case.ts";
import { startOpa } from "./peers.ts";
import { createPod, Random } from "./pods.ts";

/** Bytes of a heap, after its garbage was collected, that base data of pods takes; and of the same as JSON text. */
export interface MemoryTimes {
  readonly pods: number;
  readonly jsonBytes: number;
  readonly heapBytes: number;
  /** Of reading the JSON and storing what it holds. */
  readonly loadMs: number;
}

export interface MemoryReport {
  readonly sallyport: MemoryTimes;
  /** Fewer pods: OPA needs some hundred megabytes for these. */
  readonly opa?: Omit<MemoryTimes, "loadMs">;
}

const opaPods = 10_000;

/** In processes of their own. */
export async function measureMemory(pods: number): Promise<MemoryReport> {
  const flags = [
    "--expose-gc",
    "--max-old-space-size=8192",
    "--conditions=source",
    "--disable-warning=ExperimentalWarning",
  ];
  const text = execFileSync(process.execPath, [...flags, import.meta.filename, String(pods)], { encoding: "utf8" });
  const opa = await measureOpa();
  return { sallyport: JSON.parse(text) as MemoryTimes, ...(opa !== undefined && { opa }) };
}

async function measureOpa(): Promise<Omit<MemoryTimes, "loadMs"> | undefined> {
  const opa = startOpa();
  if ("skipped" in opa || opa.heapBytes === undefined) return undefined;
  try {
    await opa.load(caseOf({}));
    const before = await opa.heapBytes();
    const namespaces: { [namespace: string]: { [name: string]: object } } = {};
    let jsonBytes = 0;
    forEachPod(opaPods, (namespace, name, json) => {
      jsonBytes += json.length;
      const pods = namespaces[namespace] ?? {};
      namespaces[namespace] = pods;
      pods[name] = JSON.parse(json) as object;
    });
    await opa.load(caseOf({ kubernetes: { pods: namespaces as unknown as JsonObject } }));
    return { pods: opaPods, jsonBytes, heapBytes: (await opa.heapBytes()) - before };
  } finally {
    opa.stop();
  }
}

function caseOf(data: JsonObject): RegoCase {
  const modules = [{ file: "memory.rego", text: "package memory\n\nx := count(data.kubernetes.pods)\n" }];
  return { name: "memory", regoVersion: "v1", modules, query: "data.memory.x", inputs: ["{}"], data };
}

function forEachPod(count: number, visit: (namespace: string, name: string, json: string) => void): void {
  const random = new Random(1);
  for (let i = 0; i < count; i++) {
    const pod = createPod(random) as { readonly metadata: { readonly namespace: string; readonly name: string } };
    visit(pod.metadata.namespace, pod.metadata.name, JSON.stringify(pod));
  }
}

/** As a server fills its store: object by object, a thousand in a transaction. */
function measureStore(count: number): { readonly report: MemoryTimes; readonly store: DataStore } {
  const collect = (globalThis as { gc?: () => void }).gc as () => void;
  collect();
  const before = process.memoryUsage().heapUsed;
  const store = new DataStore();
  let jsonBytes = 0;
  let loadMs = 0;
  let transaction = store.begin();
  let inTransaction = 0;
  forEachPod(count, (namespace, name, json) => {
    jsonBytes += json.length;
    const start = performance.now();
    transaction.put(["kubernetes", "pods", namespace, name], JSON.parse(json) as JsonObject);
    if (++inTransaction % 1000 === 0) {
      transaction.commit();
      transaction = store.begin();
    }
    loadMs += performance.now() - start;
  });
  transaction.commit();
  collect();
  const heapBytes = process.memoryUsage().heapUsed - before;
  return { report: { pods: count, jsonBytes, heapBytes, loadMs }, store };
}

if (import.meta.main) {
  const { report, store } = measureStore(Number(process.argv[2]));
  if (store.snapshot.version > 0) console.log(JSON.stringify(report));
}
