import { createServer, type Server as Listener } from "node:net";
import { Duplex } from "node:stream";
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import { closed, grpcMethod } from "@sallyport/grpc";
import { faultOf } from "../stores/external/reconcile.ts";
import { type MountContext, mount } from "./mount.ts";
import { PlainAuthority } from "./plain-authority.ts";
import { csi, type MountRequest } from "./wire.ts";

/** The driver's own limit on what it is answered; requests are far smaller. */
const maxMessageBytes = 4 * 1024 * 1024;

export interface CsiProviderOptions extends MountContext {
  /** Semantic, as the driver wants it. */
  readonly version: string;
  /** Told of each mount: the pod, how many files, or why not; nothing secret. */
  readonly onMount: (told: {
    readonly pod: string;
    readonly files: number;
    readonly fault: string | undefined;
  }) => void;
}

export interface CsiProvider {
  /** Mounts that are under way may end, but for longer than that. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** The version of the interface, and the name that SecretProviderClasses have in `spec.provider`. */
export const csiProvider = { version: "v1alpha1", name: "sallyport" };

/** Serves `v1alpha1.CSIDriverProvider` of the Secrets Store CSI driver at `unix:///path`. Rejects when nobody can listen there. */
export async function serveCsiProvider(endpoint: string, options: CsiProviderOptions): Promise<CsiProvider> {
  const server = new Server({ "grpc.max_receive_message_length": maxMessageBytes });
  server.addService(
    {
      Version: grpcMethod("/v1alpha1.CSIDriverProvider/Version", csi.versionRequest, csi.versionResponse),
      Mount: grpcMethod("/v1alpha1.CSIDriverProvider/Mount", csi.mountRequest, csi.mountResponse),
    },
    {
      Version: answering(async () => ({
        version: csiProvider.version,
        runtimeName: csiProvider.name,
        runtimeVersion: options.version,
      })),
      Mount: answering((request: MountRequest) => toldMount(request, options)),
    },
  );
  const listener = await listening(server, endpoint.replace(/^unix:\/\//, ""));
  return {
    close: async (graceMs) => {
      listener.close();
      await closed(server, graceMs);
    },
  };
}

/** Connections of drivers, with an authority that HTTP/2 allows. */
async function listening(server: Server, path: string): Promise<Listener> {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = createServer((socket) => {
    const readable = new PlainAuthority();
    // A driver that goes away, or speaks no HTTP/2, ends its connection alone.
    socket.on("error", () => readable.destroy());
    readable.on("error", () => socket.destroy());
    injector.injectConnection(Duplex.from({ readable: socket.pipe(readable), writable: socket }));
  });
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(path, resolve);
  });
  return listener;
}

async function toldMount(request: MountRequest, options: CsiProviderOptions) {
  const pod = podOf(request);
  try {
    const answer = await mount(request, options);
    options.onMount({ pod, files: answer.files.length, fault: undefined });
    return answer;
  } catch (error) {
    const fault = faultOf(error as Error);
    options.onMount({ pod, files: 0, fault });
    throw new MountFault(fault);
  }
}

/** Its words may be shown to whoever sees the pod's events. */
class MountFault extends Error {}

function podOf({ attributes }: MountRequest): string {
  const name = (field: string) =>
    new RegExp(`"csi\\.storage\\.k8s\\.io/${field}":"([a-z0-9.-]{1,253})"`).exec(attributes)?.[1];
  return `${name("pod\\.namespace") ?? "?"}/${name("pod\\.name") ?? "?"}`;
}

function answering<Request, Answer>(answer: (request: Request) => Promise<Answer>) {
  return ({ request }: ServerUnaryCall<Request, Answer>, reply: sendUnaryData<Answer>): void => {
    answer(request).then(
      (value) => reply(null, value),
      (error: Error) =>
        reply({
          code: status.FAILED_PRECONDITION,
          details: error instanceof MountFault ? error.message : "a fault of the program",
        }),
    );
  };
}
