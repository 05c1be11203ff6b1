import { KeptCertificate, type WatchedSource, type WorkloadCertificate } from "@sallyport/mesh/identity";
import { exitCodes } from "../errors.ts";
import { type MeshProxy, type MeshProxyOptions, openMeshProxy } from "./mesh-proxy.ts";

/** A certificate as messages carry it. */
export type SentCertificate = Omit<WorkloadCertificate, "bundles"> & {
  readonly bundles: readonly (readonly [string, readonly string[]])[];
};

/** What a worker is told. */
export type ToWorker =
  | { readonly kind: "certificate"; readonly certificate: SentCertificate }
  | { readonly kind: "metrics"; readonly id: number }
  | { readonly kind: "drain"; readonly ms: number };

/** What it tells. */
export type FromWorker =
  | { readonly kind: "ready"; readonly doors: readonly string[] }
  | { readonly kind: "fault"; readonly message: string }
  | { readonly kind: "metrics"; readonly id: number; readonly text: string };

/** One of several proxies that share their ports: whoever started it has the certificates, and tells it when to end. Never comes back. */
export async function runProxyWorker(options: MeshProxyOptions): Promise<never> {
  // A terminal signals all of us; the first of us says when.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => {});
  const source = new KeptCertificate(() => {});
  const tell = (message: FromWorker) => void process.send?.(message);
  const state: { proxy?: MeshProxy } = {};
  const end = async (ms: number) => {
    await state.proxy?.drain(ms);
    process.exit();
  };
  process.on("message", (message: ToWorker) => {
    if (message.kind === "certificate") source.set(received(message.certificate));
    else if (message.kind === "drain") void end(message.ms);
    else tell({ kind: "metrics", id: message.id, text: state.proxy?.metrics() ?? "" });
  });
  process.once("disconnect", () => void end(0));
  try {
    state.proxy = await openMeshProxy(options, { source: watched(source) });
    tell({ kind: "ready", doors: state.proxy.doors });
  } catch (error) {
    tell({ kind: "fault", message: (error as Error).message });
    process.exit(exitCodes.failed);
  }
  return new Promise<never>(() => {});
}

function received({ bundles, ...certificate }: SentCertificate): WorkloadCertificate {
  return { ...certificate, bundles: new Map(bundles) };
}

/** What is wrong with it is known, and told, by whoever sends it. */
function watched(source: KeptCertificate): WatchedSource {
  return {
    get current() {
      return source.current;
    },
    onChange: (listener) => source.onChange(listener),
    close: () => source.close(),
    fault: undefined,
    isRefused: false,
  };
}
