import {
  acceptWebSocket,
  type CommandOptions,
  channelStreams,
  internalError,
  isTrue,
  offeredProtocols,
  relayCommand,
  relayProtocol,
} from "@sallyport/streaming";
import { dial } from "../../kubelet/dial.ts";
import { kubeletTls, kubeletUrl } from "../../kubelet/kubelets.ts";
import type { Call, HandlerOptions } from "../call.ts";
import { readObject } from "../read-object.ts";
import { demandCreate, demandUpgrade, passUpgrade } from "./pass-through.ts";
import { containerOf, kubeletOfPod } from "./pod-place.ts";
import type { Subresource } from "./subresource.ts";

/** A client that says when its input has ended, which SPDY can tell kubelets and older versions over WebSockets cannot. KEP-4006. */
const withCloseSignal = "v5.channel.k8s.io";

/** Commands and attachments: streams into a container, by the kubelet of its node. */
function intoContainer(name: "exec" | "attach"): Subresource {
  return {
    name: `pods/${name}`,
    isStreamed: true,
    connects: {
      kind: name === "exec" ? "PodExecOptions" : "PodAttachOptions",
      options: ({ query }) => asked(name, query),
    },
    serve: async ({ call, context }, options) => {
      const { query, request } = call;
      const pod = readObject(call, context.info, options);
      await demandCreate(call, options);
      const container = containerOf(pod, query);
      const wanted = commandOptions(query);
      const place = kubeletOfPod(pod, options);
      const asked = [
        ...Object.entries({ input: wanted.stdin, output: wanted.stdout, error: wanted.stderr, tty: wanted.tty }),
      ].flatMap(([each, isWanted]) => (isWanted ? [[each, "1"] as const] : []));
      const command = name === "exec" ? query.getAll("command").map((each) => ["command", each] as const) : [];
      const path = [name, pod.metadata.namespace ?? "", pod.metadata.name ?? "", container];
      const url = kubeletUrl(place, path, [...asked, ...command]);
      demandUpgrade(call);
      if (offeredProtocols(request).includes(withCloseSignal)) await translate(call, url, wanted, options);
      else await passUpgrade(call, url, kubeletTls(options.kubelets));
    },
  };
}

/** Runs a command in a container. */
export const exec = intoContainer("exec");
/** Joins the process of a container. */
export const attach = intoContainer("attach");

/** core/v1 PodExecOptions. */
function commandOptions(query: URLSearchParams): CommandOptions {
  const [stdin = false, stdout = false, stderr = false, tty = false] = ["stdin", "stdout", "stderr", "tty"].map(
    (each) => isTrue(query.get(each)),
  );
  return { stdin, stdout, stderr, tty };
}

/** What is asked for, in the fields of the API's type. */
function asked(name: "exec" | "attach", query: URLSearchParams): { readonly [field: string]: unknown } {
  const flags = Object.entries(commandOptions(query)).filter(([, isWanted]) => isWanted);
  const [container, command] = [query.get("container") ?? "", name === "exec" ? query.getAll("command") : []];
  return {
    ...Object.fromEntries(flags),
    ...(container === "" ? {} : { container }),
    ...(command.length === 0 ? {} : { command }),
  };
}

/** Speaks to the client over a WebSocket, and to the kubelet over SPDY. */
async function translate(call: Call, url: URL, wanted: CommandOptions, { kubelets }: HandlerOptions): Promise<void> {
  const socket = await acceptWebSocket(call.request, demandUpgrade(call), withCloseSignal);
  const streams = channelStreams(socket, withCloseSignal, wanted);
  try {
    const headers = {
      host: url.host,
      connection: "Upgrade",
      upgrade: "SPDY/3.1",
      "x-stream-protocol-version": relayProtocol,
    };
    const { response, socket: kubelet } = await dial(
      { url, method: "POST", headers, tls: kubeletTls(kubelets) },
      (request) => {
        streams.signal.addEventListener("abort", () => request.destroy());
        request.end();
      },
    );
    if (kubelet === undefined) await streams.end(internalError(await refusal(response)));
    else await relayCommand(streams, kubelet, wanted);
  } catch (error) {
    await streams.end(internalError(`error sending request: Post "${url}": ${(error as Error).message}`));
  }
}

async function refusal(response: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return `unable to upgrade connection: ${Buffer.concat(chunks).toString("utf8")}`;
}
