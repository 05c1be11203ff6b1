import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { StatusError } from "@sallyport/kube";
import { logOptions } from "@sallyport/streaming";
import { DialError, dial } from "../../kubelet/dial.ts";
import { kubeletTls, kubeletUrl } from "../../kubelet/kubelets.ts";
import { readObject } from "../read-object.ts";
import { containerOf, kubeletOfPod, specOf } from "./pod-place.ts";
import type { Subresource } from "./subresource.ts";

/** What is handed on to the kubelet, when it says anything. core/v1 PodLogOptions. */
const flags = ["follow", "previous", "timestamps"];
const values = ["sinceSeconds", "sinceTime", "tailLines", "limitBytes"];

/** What a container wrote, as its kubelet has it; a pod without a node has written nothing. */
export const log: Subresource = {
  name: "pods/log",
  serve: async ({ call, context }, options) => {
    const { query, response } = call;
    const wanted = logOptions(query, context.name, options.now());
    const pod = readObject(call, context.info, options);
    const container = containerOf(pod, query);
    if (!specOf(pod).nodeName) {
      response.writeHead(204, { "cache-control": "no-cache, private" }).end();
      return;
    }
    const chosen = [
      ...flags.flatMap((name) => (wanted[name as "follow"] ? [[name, "true"] as const] : [])),
      ...values.flatMap((name) => (query.get(name) ? [[name, query.get(name) as string] as const] : [])),
    ];
    const { namespace = "", name = "" } = pod.metadata;
    const url = kubeletUrl(kubeletOfPod(pod, options), ["containerLogs", namespace, name, container], chosen);
    const { response: answer } = await dial(
      { url, method: "GET", headers: { host: url.host }, tls: kubeletTls(options.kubelets) },
      (request) => {
        response.once("close", () => request.destroy());
        request.end();
      },
    ).catch((error) => {
      if (error instanceof DialError) throw new StatusError(undefined, `Get "${url}": ${error.message}`);
      throw error;
    });
    if (answer.statusCode !== 200) throw refusal(answer.statusCode ?? 500, await text(answer), name);
    response.writeHead(200, { "content-type": "text/plain", "cache-control": "no-cache, private" });
    response.flushHeaders();
    // Whoever leaves first: the other is told by the end of its connection.
    await pipeline(answer, response).catch(() => {});
  },
};

/** What a kubelet said, in kube-apiserver's words. */
function refusal(code: number, message: string, name: string): StatusError {
  if (code === 500)
    return new StatusError("InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
  if (code === 400) return new StatusError("BadRequest", message);
  const details = { name, kind: "pods/log" };
  if (code === 404)
    return new StatusError("NotFound", `the server could not find the requested resource ( pods/log ${name})`, details);
  return new StatusError(
    undefined,
    `the server responded with the status code ${code} but did not return more information ( pods/log ${name})`,
    details,
    code,
  );
}
